#include "addon/attach_pty.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <termios.h>

#include "common/deadline.h"
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

// What the child tells of the step that failed; nothing: it has done all.
struct Report {
    const char* syscall; // the child has a copy of this memory, so the words are at the same place
    int err;
};

// In the child, whose table of descriptors is the parent's: master takes the place of `place`. libc's own
// setresuid would wait for threads that are not here.
const char* open_inside(const PtyRequest& request, int place) {
    // Where the container sees the host's processes, its root cannot look into an undumpable one that came
    // from outside.
    if (::prctl(PR_SET_DUMPABLE, 0) != 0)
        return "prctl";
    if (::setns(request.userOf, CLONE_NEWUSER) != 0)
        return "setns";
    if (::syscall(SYS_setresgid, request.openerGid, request.openerGid, request.openerGid) != 0)
        return "setresgid";
    if (::syscall(SYS_setresuid, request.openerUid, request.openerUid, request.openerUid) != 0)
        return "setresuid";
    const int master = open_ptmx(request.devptsFd);
    if (master < 0)
        return "openat2";
    const bool placed = ::dup3(master, place, O_CLOEXEC) >= 0;
    const int err = errno;
    ::close(master);
    errno = err;
    return placed ? nullptr : "dup3";
}

[[noreturn]] void run_opener(const PtyRequest& request, int place, int told) {
    const char* failed = open_inside(request, place);
    const Report report{.syscall = failed, .err = errno};
    if (failed != nullptr)
        (void)!::write(told, &report, sizeof report);
    ::_exit(failed == nullptr ? 0 : 1);
}

// Its status, as waitpid has it; it is killed where the time is over.
int end_of(pid_t pid, int pidfd) {
    const Deadline deadline{kPatienceMs};
    pollfd ended{pidfd, POLLIN, 0};
    int ready = 0;
    do
        ready = ::poll(&ended, 1, deadline.left());
    while (ready < 0 && errno == EINTR);
    if (ready <= 0)
        ::kill(pid, SIGKILL);
    int status = -1;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

// By a process that joins the container's user namespace alone, and is gone when this returns.
Result<UniqueFd> master_of_opener(const PtyRequest& request) {
    UniqueFd place{::open("/dev/null", O_PATH | O_CLOEXEC)};
    if (!place)
        return syscall_failure("terminal", "open", "/dev/null");
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return syscall_failure("terminal", "pipe2");
    const UniqueFd reading{ends[0]}, writing{ends[1]};
    int pidfd = -1;
    clone_args arguments{};
    arguments.flags = CLONE_FILES | CLONE_PIDFD;
    arguments.pidfd = reinterpret_cast<uintptr_t>(&pidfd);
    arguments.exit_signal = SIGCHLD;
    const pid_t pid = sys::clone3(arguments);
    if (pid < 0)
        return syscall_failure("terminal", "clone3");
    if (pid == 0)
        run_opener(request, place.get(), writing.get());
    const UniqueFd child{pidfd};
    const int status = end_of(pid, child.get());
    if (status == 0)
        return place;
    Report report{.syscall = "wait", .err = ETIMEDOUT};
    (void)!::read(reading.get(), &report, sizeof report);
    errno = report.err;
    return syscall_failure("terminal", report.syscall, "/dev/pts/ptmx");
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
