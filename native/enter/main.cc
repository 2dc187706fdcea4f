// tlxc-enter: the last step of an attach. It is executed from a sealed memory file, inside the container's
// namespaces and already restricted to what the container may do, but outside its PID namespace, where nobody
// in the container sees it. From here a process is born into the PID namespace, a child of the caller's and
// not of this one; it takes the terminal and becomes the command. This half tells its pid and ends: a process
// that stayed in the container's control groups would be shown there as pid 0.
//
//   tlxc-enter LABEL TTY-FD PARENT-PID FLAGS [COMMAND [ARGUMENT ...]]
//
// The environment is the command's. FLAGS begin with "-": i fills in HOME, USER, LOGNAME and SHELL; r mounts
// a fresh /proc and /sys; u ends them, and what follows it is the user that the command is run as
// (enter/user.h).
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/attach_report.h"
#include "enter/command.h"

namespace {

using tlxc::enter::complain;

struct Flags {
    bool identity = false, remount = false;
    char* user = nullptr;
};

Flags read_flags(char* text) {
    Flags flags;
    for (; *text != '\0'; ++text) {
        flags.identity |= *text == 'i';
        flags.remount |= *text == 'r';
        if (*text == 'u') {
            flags.user = text + 1;
            break;
        }
    }
    return flags;
}

bool mount_over(const char* type, const char* path) {
    // EBUSY: it is there already, because the namespace it tells of is the caller's own.
    return mount(type, path, type, MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0 || errno == EBUSY;
}

// -R: the namespaces entered are not those of the mounts, so /proc and /sys would tell of others.
bool mount_fresh(const char* label) {
    const bool mounted = mount_over("proc", "/proc") && mount_over("sysfs", "/sys");
    if (!mounted)
        complain(label, "cannot mount /proc and /sys");
    return mounted;
}

bool leave_mounts(const char* label) {
    const bool left = unshare(CLONE_NEWNS) == 0 && mount("", "/", nullptr, MS_REC | MS_SLAVE, nullptr) == 0;
    if (!left)
        complain(label, "cannot leave the host's mount namespace");
    return left;
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 5)
        return 1;
    // Before the child exists: the container may look at it from its first moment.
    prctl(PR_SET_DUMPABLE, 0);
    const char* label = argv[1];
    const int ttyFd = atoi(argv[2]);
    const Flags flags = read_flags(argv[4]);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const pid_t caller = atoi(argv[3]);
    if (getppid() != caller)
        return 1; // the caller ended before that
    if (flags.remount && !leave_mounts(label))
        return 1;
    // Raw, like fork: the C library has no wrapper that takes CLONE_PARENT without a stack.
    const auto child =
        static_cast<pid_t>(syscall(SYS_clone, CLONE_PARENT | SIGCHLD, nullptr, nullptr, nullptr, 0));
    if (child < 0) {
        complain(label, "cannot start a process in the container");
        return 1;
    }
    if (child > 0) {
        const tlxc::Entered entered = child;
        (void)!write(tlxc::kReportFd, &entered, sizeof entered);
        _exit(0);
    }
    close(tlxc::kReportFd);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (const pid_t parent = getppid(); parent != 0 && parent != caller)
        _exit(1);
    if (flags.remount && !mount_fresh(label))
        _exit(1);
    tlxc::enter::become_command(
        {.label = label, .ttyFd = ttyFd, .user = flags.user, .identity = flags.identity, .argv = argv + 5});
}
