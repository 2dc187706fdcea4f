#include "addon/attach_pty.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <termios.h>

#include "common/syscalls.h"

namespace tlxc {
namespace {

// Nothing of it ever waits.
constexpr int kPatienceMs = 3000;

// The container may have mounted or linked something over its ptmx: neither is followed. A system call and
// nothing else, as a child that was cloned beside threads needs it.
int open_ptmx(int devpts) {
    return sys::openat2(devpts, "ptmx", O_RDWR | O_NOCTTY,
                        RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH);
}

// In the child, whose table of descriptors is the parent's: master takes the place of `place`. libc's own
// setresuid would wait for threads that are not here.
int open_inside(const PtyRequest& request, int place) {
    if (::setns(request.userOf, CLONE_NEWUSER) != 0 ||
        ::syscall(SYS_setresgid, request.openerGid, request.openerGid, request.openerGid) != 0 ||
        ::syscall(SYS_setresuid, request.openerUid, request.openerUid, request.openerUid) != 0)
        return errno;
    const int master = open_ptmx(request.devptsFd);
    if (master < 0)
        return errno;
    const int err = ::dup3(master, place, O_CLOEXEC) < 0 ? errno : 0;
    ::close(master);
    return err;
}

// The container sees nothing of the process: it joins the user namespace alone, and is gone when this
// returns.
Result<UniqueFd> master_of_opener(const PtyRequest& request) {
    UniqueFd place{::open("/dev/null", O_PATH | O_CLOEXEC)};
    int pidfd = -1;
    clone_args arguments{};
    arguments.flags = CLONE_FILES | CLONE_PIDFD;
    arguments.pidfd = reinterpret_cast<uintptr_t>(&pidfd);
    arguments.exit_signal = SIGCHLD;
    const pid_t pid = place ? sys::clone3(arguments) : -1;
    if (pid < 0)
        return syscall_failure("terminal", "clone3");
    if (pid == 0)
        ::_exit(open_inside(request, place.get()));
    const UniqueFd child{pidfd};
    pollfd ended{child.get(), POLLIN, 0};
    if (::poll(&ended, 1, kPatienceMs) <= 0)
        ::kill(pid, SIGKILL);
    int status = 0;
    ::waitpid(pid, &status, 0);
    errno = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
    if (errno != 0)
        return syscall_failure("terminal", "openat2", "/dev/pts/ptmx");
    return place;
}

Result<UniqueFd> own_master(int devptsFd) {
    const UniqueFd host{devptsFd < 0 ? ::open("/dev/pts", O_PATH | O_DIRECTORY | O_CLOEXEC) : -1};
    UniqueFd master{open_ptmx(devptsFd < 0 ? host.get() : devptsFd)};
    if (!master)
        return syscall_failure("terminal", "openat2", "/dev/pts/ptmx");
    return master;
}

// What was opened must lie in a devpts instance.
Result<UniqueFd> open_master(const PtyRequest& request) {
    auto master = request.userOf < 0 ? own_master(request.devptsFd) : master_of_opener(request);
    if (!master.ok())
        return master;
    struct statfs filesystem {};
    if (::fstatfs(master.value().get(), &filesystem) != 0)
        return syscall_failure("terminal", "fstatfs", "/dev/pts/ptmx");
    if (filesystem.f_type != DEVPTS_SUPER_MAGIC)
        return refusal("terminal", "not-devpts", "/dev/pts/ptmx");
    return master;
}

} // namespace

Result<Pty> open_pty(const PtyRequest& request) {
    auto master = open_master(request);
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
