// Forks the child of an attach and hears how it went.
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <optional>

#include "attach/child.h"
#include "common/attach_report.h"
#include "common/deadline.h"
#include "common/reap.h"
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

// One message and who sent it, as the kernel saw that. Descriptors that came along are closed by it: there is
// no room for them.
struct Message {
    AttachReport report{};
    ssize_t size = 0; // 0 from nobody: none has the other end any more
    pid_t from = 0;
};

Message receive(int socket) {
    Message message;
    union {
        cmsghdr header; // for its alignment
        char bytes[CMSG_SPACE(sizeof(ucred))];
    } control{};
    iovec part{&message.report, sizeof message.report};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.bytes;
    header.msg_controllen = sizeof control;
    message.size = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    const cmsghdr* about = CMSG_FIRSTHDR(&header);
    if (message.size >= 0 && about != nullptr && about->cmsg_type == SCM_CREDENTIALS)
        memcpy(&message.from, CMSG_DATA(about), sizeof message.from); // ucred begins with the pid
    return message;
}

// What the child says, and it alone: a process of the container may have got hold of the socket.
std::optional<Message> hear_child(pid_t pid, int socket) {
    const Deadline deadline{kPatienceMs};
    pollfd readable{socket, POLLIN, 0};
    while (::poll(&readable, 1, deadline.left()) > 0) {
        Message message = receive(socket);
        if (message.from == pid || (message.from == 0 && message.size == 0))
            return message;
        if (deadline.left() == 0)
            break;
    }
    return {};
}

// Either what went wrong or the command's pid. Nothing at all: tlxc-enter has ended, its own words and its
// status tell why.
Result<pid_t> hear(const AttachChild& child, pid_t pid, int socket) {
    const auto message = hear_child(pid, socket);
    if (message && message->size == sizeof(Entered)) {
        Entered command = 0;
        memcpy(&command, &message->report, sizeof command);
        (void)reap_within(pid, kPatienceMs); // it ends once it has told of the command
        return command;
    }
    if (message && message->size == 0)
        return pid;
    ::kill(pid, SIGKILL);
    // A child that hangs in the kernel is left behind rather than waited for.
    ::waitpid(pid, nullptr, message ? 0 : WNOHANG);
    if (!message)
        return Failure{.step = "attach", .syscall = "poll", .err = ETIMEDOUT};
    return told(child, message->report);
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
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return syscall_failure("attach", "socketpair");
    const UniqueFd reading{ends[0]};
    UniqueFd writing{ends[1]};
    constexpr int asked = 1;
    if (::setsockopt(reading.get(), SOL_SOCKET, SO_PASSCRED, &asked, sizeof asked) != 0)
        return syscall_failure("attach", "setsockopt");
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
