// tlxc-enter: the last step of an attach. It is executed from a sealed memory file, inside the container's
// namespaces and already restricted to what the container may do, but outside its PID namespace, where nobody
// in the container sees it. Its child is born into the PID namespace, takes the terminal and becomes the
// command; this half waits, passes signals on, and ends as the command ended.
//
//   tlxc-enter LABEL TTY-FD PARENT-PID FLAGS [COMMAND [ARGUMENT ...]]
//
// The environment is the command's. FLAGS begin with "-": i fills in HOME, USER, LOGNAME and SHELL; r mounts
// a fresh /proc and /sys.
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/attach_report.h"
#include "enter/command.h"

namespace {

using tlxc::enter::complain;

// What a caller's process may be sent that is meant for the command.
constexpr int kForwarded[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH, SIGCONT};

sigset_t waited_for() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    for (const int each : kForwarded)
        sigaddset(&set, each);
    return set;
}

// Ends as the child did, so that whoever waits for this process sees the command's own wait status.
[[noreturn]] void end_as(int status) {
    if (WIFEXITED(status))
        _exit(WEXITSTATUS(status));
    const int cause = WTERMSIG(status);
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, cause);
    signal(cause, SIG_DFL);
    kill(getpid(), cause);
    sigprocmask(SIG_UNBLOCK, &only, nullptr);
    _exit(128 + cause);
}

[[noreturn]] void wait_for(pid_t child, const sigset_t& set) {
    // The command's end is the end of its pipes and its terminal: nothing here may keep them open.
    for (int fd = 0; fd <= 2; ++fd)
        close(fd);
    for (;;) {
        const int received = sigwaitinfo(&set, nullptr);
        int status = 0;
        if (received > 0 && received != SIGCHLD)
            kill(child, received);
        else if (waitpid(child, &status, WNOHANG) == child)
            end_as(status);
    }
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
    const bool remount = strchr(argv[4], 'r') != nullptr;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != atoi(argv[3]))
        return 1; // the caller ended before that
    // Out of the caller's foreground process group: its terminal's signals come through the pty or the caller
    // alone.
    setsid();
    const sigset_t set = waited_for();
    sigset_t before;
    sigprocmask(SIG_BLOCK, &set, &before);
    if (remount && !leave_mounts(label))
        return 1;
    const pid_t self = getpid();
    const pid_t child = fork();
    if (child < 0) {
        complain(label, "cannot start a process in the container");
        return 1;
    }
    if (child > 0) {
        (void)!write(tlxc::kReportFd, &tlxc::kEntered, 1);
        close(tlxc::kReportFd);
        wait_for(child, set);
    }
    close(tlxc::kReportFd);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (const pid_t parent = getppid(); parent != 0 && parent != self)
        _exit(1);
    sigprocmask(SIG_SETMASK, &before, nullptr);
    if (remount && !mount_fresh(label))
        _exit(1);
    tlxc::enter::become_command(
        {.label = label, .ttyFd = ttyFd, .identity = strchr(argv[4], 'i') != nullptr, .argv = argv + 5});
}
