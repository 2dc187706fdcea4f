#include "monitor/proxy.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "common/descriptor.h"
#include "common/reap.h"
#include "monitor/process.h"

namespace tlxc {
namespace {

constexpr int kBirthS = 10; // of a host that has much else to do
constexpr int kAnswerS = 2; // of one that lives: the monitor waits for nobody longer
constexpr int64_t kProvedMs = 1'000;
constexpr int kInitPidfd = 3;       // where it looks for it
constexpr int kAboveInherited = 10; // so that neither descriptor lies where another is to go

void set_patience(int socket, int seconds) {
    const timeval patience{.tv_sec = seconds, .tv_usec = 0};
    for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO})
        setsockopt(socket, SOL_SOCKET, option, &patience, sizeof patience);
}

// In the forked process.
[[noreturn]] void become(int program, char* const* argv, int orders, int initPidfd) {
    setsid(); // a terminal's signals are not for it
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    const int ours = fcntl(orders, F_DUPFD_CLOEXEC, kAboveInherited);
    const int init = fcntl(initPidfd, F_DUPFD_CLOEXEC, kAboveInherited);
    const int self = fcntl(program, F_DUPFD_CLOEXEC, kAboveInherited);
    if (ours >= 0 && init >= 0 && self >= 0 && dup2(ours, STDIN_FILENO) >= 0 && dup2(init, kInitPidfd) >= 0) {
        close_range(kInitPidfd + 1, ~0U, CLOSE_RANGE_CLOEXEC);
        static char* const noEnvironment[] = {nullptr};
        syscall(SYS_execveat, self, "", argv, noEnvironment, AT_EMPTY_PATH);
    }
    const forward::Answer answer{.err = errno, .call = "execve"};
    (void)send(ours, &answer, sizeof answer, MSG_NOSIGNAL);
    _exit(127);
}

} // namespace

Status Proxy::start(const std::string& program, const ProxyHome& home, bool paths) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return syscall_failure("forward", "socketpair");
    orders_.reset(ends[0]);
    UniqueFd theirs{ends[1]};
    set_patience(orders_.get(), kBirthS);
    if (!program_)
        program_.reset(open(program.c_str(), O_RDONLY | O_CLOEXEC));
    if (!program_)
        return syscall_failure("forward", "execve", program);
    std::string title = home.title, first = std::to_string(home.first), then = std::to_string(home.then);
    std::string rights = paths ? "paths" : "plain", version = forward::kVersion;
    const std::array<char*, 6> argv{title.data(),  first.data(),   then.data(),
                                    rights.data(), version.data(), nullptr};
    lost_ = false;
    pid_ = fork();
    if (pid_ == 0) {
        process::set_oom_score(home.oomScore); // not the monitor's: it can be had again
        become(program_.get(), argv.data(), theirs.get(), home.initPidfd);
    }
    if (pid_ < 0)
        return syscall_failure("forward", "fork");
    theirs.reset(); // so that its death is heard
    proved_ = Deadline{kProvedMs};
    Status ready = await_answer();
    set_patience(orders_.get(), kAnswerS);
    if (ready.ok())
        return {};
    end();
    program_.reset();
    if (ready.failure().path.empty())
        ready.failure().path = program;
    return ready;
}

Status Proxy::carry(const forward::Order& order, int listener) {
    TRY(tell(order, listener));
    return await_answer();
}

Status Proxy::drop(uint32_t number) {
    TRY(tell({.kind = forward::Order::Kind::Drop, .number = number}, -1));
    return await_answer();
}

Status Proxy::tell(const forward::Order& order, int listener) {
    if (lost_)
        return refusal("forward", "proxy-ended");
    iovec data{.iov_base = const_cast<forward::Order*>(&order), .iov_len = sizeof order};
    DescriptorSpace control{};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    if (listener >= 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control;
        cmsghdr* const rights = CMSG_FIRSTHDR(&message);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof listener);
        memcpy(CMSG_DATA(rights), &listener, sizeof listener);
    }
    if (sendmsg(orders_.get(), &message, MSG_NOSIGNAL) != sizeof order)
        return syscall_failure("forward", "sendmsg");
    return {};
}

Status Proxy::await_answer() {
    forward::Answer answer;
    const ssize_t size = recv(orders_.get(), &answer, sizeof answer, 0);
    lost_ = size != sizeof answer; // what comes later would be taken for the next answer
    if (size < 0)
        return syscall_failure("forward", "recv");
    if (size != sizeof answer)
        return refusal("forward", "proxy-ended");
    answer.call[sizeof answer.call - 1] = '\0';
    errno = answer.err;
    return answer.err == 0 ? Status{} : Status{syscall_failure("forward", answer.call)};
}

void Proxy::end() {
    if (pid_ <= 0)
        return;
    kill(pid_, SIGKILL); // our child, not reaped yet
    (void)reap_within(pid_, kDyingMs);
    forget();
}

void Proxy::forget() {
    pid_ = -1;
    orders_.reset();
}

} // namespace tlxc
