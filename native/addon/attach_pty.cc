#include "addon/attach_pty.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <termios.h>

namespace tlxc {
namespace {

// The container may have mounted or linked something over its ptmx: neither is followed, and what was opened
// must lie in a devpts instance.
Result<UniqueFd> open_master(int devptsFd) {
    const UniqueFd host{devptsFd < 0 ? ::open("/dev/pts", O_PATH | O_DIRECTORY | O_CLOEXEC) : -1};
    open_how how{};
    how.flags = O_RDWR | O_NOCTTY | O_CLOEXEC;
    how.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH;
    UniqueFd master{static_cast<int>(
        ::syscall(SYS_openat2, devptsFd < 0 ? host.get() : devptsFd, "ptmx", &how, sizeof how))};
    if (!master)
        return syscall_failure("terminal", "openat2", "/dev/pts/ptmx");
    struct statfs filesystem {};
    if (::fstatfs(master.get(), &filesystem) != 0)
        return syscall_failure("terminal", "fstatfs", "/dev/pts/ptmx");
    if (filesystem.f_type != DEVPTS_SUPER_MAGIC)
        return refusal("terminal", "not-devpts", "/dev/pts/ptmx");
    return master;
}

} // namespace

Result<Pty> open_pty(const PtyRequest& request) {
    auto master = open_master(request.devptsFd);
    if (!master.ok())
        return master.failure();
    Pty pty{.master = std::move(master.value()), .slave = {}};
    const int unlock = 0;
    if (::ioctl(pty.master.get(), TIOCSPTLCK, &unlock) != 0)
        return syscall_failure("terminal", "TIOCSPTLCK");
    // By descriptor: a name under /dev/pts could be anything by now.
    pty.slave.reset(::ioctl(pty.master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (!pty.slave)
        return syscall_failure("terminal", "TIOCGPTPEER");
    if (request.uid != static_cast<uid_t>(-1) && ::fchown(pty.slave.get(), request.uid, request.gid) != 0)
        return syscall_failure("terminal", "fchown");
    const winsize size{.ws_row = request.rows, .ws_col = request.columns, .ws_xpixel = 0, .ws_ypixel = 0};
    if (size.ws_row != 0 && ::ioctl(pty.master.get(), TIOCSWINSZ, &size) != 0)
        return syscall_failure("terminal", "TIOCSWINSZ");
    termios settings{};
    if (!request.translate && ::tcgetattr(pty.slave.get(), &settings) == 0) {
        settings.c_oflag &= ~static_cast<tcflag_t>(OPOST);
        if (::tcsetattr(pty.slave.get(), TCSANOW, &settings) != 0)
            return syscall_failure("terminal", "tcsetattr");
    }
    return pty;
}

} // namespace tlxc
