// Forks the child of an attach and hears how it went.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "attach/child.h"
#include "common/attach_report.h"
#include "common/syscalls.h"
#include "common/unique_fd.h"

namespace tlxc {
namespace {

// Joining a cgroup that somebody freezes at that moment would stop the child; nothing else takes
// milliseconds.
constexpr int kPatienceMs = 3000;

// Says which step failed in words of the plan, and on what.
Failure told(const AttachChild& child, const AttachReport& report) {
    struct Name {
        const char* step;
        const char* syscall;
    };
    constexpr Name names[] = {{"cgroup", "write"},
                              {"core scheduling", "prctl"},
                              {"limits", "setrlimit"},
                              {"apparmor", "write"},
                              {"selinux", "write"},
                              {"namespaces", "setns"},
                              {"personality", "personality"},
                              {"groups", "setgroups"},
                              {"gid", "setresgid"},
                              {"uid", "setresuid"},
                              {"keyring", "keyctl"},
                              {"capabilities", "prctl"},
                              {"no_new_privs", "prctl"},
                              {"cwd", "chdir"},
                              {"stdio", "dup2"},
                              {"stdio", "open"},
                              {"descriptors", "close_range"},
                              {"seccomp", "seccomp"},
                              {"seccomp", "sendmsg"},
                              {"enter", "execveat"}};
    const auto& name = names[static_cast<int>(report.step)];
    Failure failure{.step = name.step, .syscall = name.syscall, .err = report.err};
    if (report.step == AttachStep::cgroup)
        failure.path = child.cgroupTasks[static_cast<size_t>(report.which)];
    if (report.step == AttachStep::null)
        failure.path = "/dev/null";
    if (report.step == AttachStep::cwd)
        failure.path = report.which != 0 ? child.cwd : "/";
    return failure;
}

// tlxc-enter ends once it has told of the command: its end of the pipe is closed then.
void reap_enter(pid_t enter, pollfd& pipe) {
    const bool ended = ::poll(&pipe, 1, kPatienceMs) > 0;
    ::waitpid(enter, nullptr, ended ? 0 : WNOHANG);
}

// Either what went wrong or the command's pid. Nothing at all: tlxc-enter has ended, its own words and its
// status tell why.
Result<pid_t> hear(const AttachChild& child, pid_t pid, int fd) {
    pollfd readable{fd, POLLIN, 0};
    AttachReport report{};
    const int ready = ::poll(&readable, 1, kPatienceMs);
    const ssize_t size = ready > 0 ? ::read(fd, &report, sizeof report) : 0;
    if (size == sizeof(Entered)) {
        Entered command = 0;
        memcpy(&command, &report, sizeof command);
        reap_enter(pid, readable);
        return command;
    }
    if (ready > 0 && size == 0)
        return pid;
    ::kill(pid, SIGKILL);
    // A child that hangs in the kernel is left behind rather than waited for.
    ::waitpid(pid, nullptr, ready > 0 ? 0 : WNOHANG);
    if (ready <= 0)
        return Failure{.step = "attach", .syscall = "poll", .err = ETIMEDOUT};
    return told(child, report);
}

// Born in the v2 group: moving there later would wait for an RCU grace period, 10 ms and more.
pid_t fork_into(int group) {
    clone_args arguments{};
    arguments.exit_signal = SIGCHLD;
    if (group >= 0) {
        arguments.flags = CLONE_INTO_CGROUP;
        arguments.cgroup = static_cast<uint64_t>(group);
    }
    return sys::clone3(arguments);
}

} // namespace

Result<pid_t> start_attach(AttachChild& child) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return syscall_failure("attach", "pipe2");
    const UniqueFd reading{ends[0]};
    UniqueFd writing{ends[1]};
    child.report = writing.get();
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    // None of Node's handlers may run in the child.
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t pid = fork_into(child.leaf);
    if (pid == 0)
        attach_child(child);
    const int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (pid < 0)
        return Failure{.step = child.leaf < 0 ? "attach" : "cgroup",
                       .syscall = "clone3",
                       .err = error,
                       .path = child.leafPath};
    writing.reset();
    return hear(child, pid, reading.get());
}

} // namespace tlxc
