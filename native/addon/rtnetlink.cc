#include "addon/rtnetlink.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <string>

#include "common/deadline.h"

namespace tlxc::rtnetlink {
namespace {

constexpr int kTries = 20;       // of a list that changes while it is told
constexpr int kBirthMs = 10'000; // of a process, on a host that has much else to do
constexpr size_t kDatagram = 32 * 1024, kMostTold = 64 * 1024 * 1024;

bool readable_within(int fd, int timeoutMs) {
    pollfd readable{fd, POLLIN, 0};
    return ::poll(&readable, 1, timeoutMs) > 0;
}

// Connected to the kernel: the container's root, who may send to any socket of its network, cannot send to
// this one (ECONNREFUSED), and so neither forge an answer nor fill the queue. -1 with errno set.
int kernel_socket() {
    const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel) == 0)
        return fd;
    const int error = errno;
    ::close(fd);
    errno = error;
    return -1;
}

Result<UniqueFd> open_here() {
    UniqueFd socket{kernel_socket()};
    if (!socket)
        return syscall_failure("network", "socket");
    return socket;
}

// The thread that calls it is in that namespace afterwards.
Result<UniqueFd> open_by_straying(int pidfd) {
    if (::setns(pidfd, CLONE_NEWNET) != 0)
        return syscall_failure("network", "setns");
    return open_here();
}

// A thread of its own enters the namespace and ends: the socket stays there, Node's threads never do.
Result<UniqueFd> open_by_thread(int pidfd) {
    struct Opening {
        int pidfd;
        Result<UniqueFd> socket;
    } opening{pidfd, Failure{}};
    const auto open = [](void* argument) -> void* {
        auto* const own = static_cast<Opening*>(argument);
        own->socket = open_by_straying(own->pidfd);
        return nullptr;
    };
    pthread_t thread{};
    if (const int error = pthread_create(&thread, nullptr, open, &opening); error != 0)
        return Failure{.step = "network", .syscall = "pthread_create", .err = error};
    pthread_join(thread, nullptr);
    return std::move(opening.socket);
}

// One message with the descriptor, or with errno alone.
struct Parcel {
    int err = 0;
    iovec body{&err, sizeof err};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))]{};
    msghdr header{
        .msg_iov = &body, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
};

// In the forked process: the user namespace first, which gives the right to enter the other.
[[noreturn]] void send_socket(int pidfd, int channel) {
    Parcel parcel;
    int socket = -1;
    if (::setns(pidfd, CLONE_NEWUSER | CLONE_NEWNET) == 0)
        socket = kernel_socket();
    parcel.err = socket < 0 ? errno : 0;
    if (socket < 0)
        parcel.header.msg_controllen = 0;
    else {
        cmsghdr* const rights = CMSG_FIRSTHDR(&parcel.header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof socket);
        memcpy(CMSG_DATA(rights), &socket, sizeof socket);
    }
    ::sendmsg(channel, &parcel.header, MSG_NOSIGNAL);
    ::_exit(0);
}

// The number that the kernel's table of descriptors tells of it; -1: none any more.
int pid_of(int pidfd) {
    const std::string path = "/proc/self/fdinfo/" + std::to_string(pidfd);
    const std::unique_ptr<FILE, int (*)(FILE*)> info{::fopen(path.c_str(), "re"), ::fclose};
    int pid = -1;
    char line[128];
    while (info && ::fgets(line, sizeof line, info.get()) != nullptr)
        if (::sscanf(line, "Pid: %d", &pid) == 1)
            break;
    return pid;
}

// A container of a user's that has no network of its own has this one, which nobody may enter who is there.
bool is_in_own_network(int pidfd) {
    const std::string theirs = "/proc/" + std::to_string(pid_of(pidfd)) + "/ns/net";
    struct stat own {
    }, other{};
    return ::stat("/proc/self/ns/net", &own) == 0 && ::stat(theirs.c_str(), &other) == 0 &&
           own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

// Who is not root has to be in the container's user namespace to look at its network, and a thread cannot go
// there.
Result<UniqueFd> open_by_process(int pidfd) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return syscall_failure("network", "socketpair");
    const UniqueFd ours{ends[0]};
    UniqueFd theirs{ends[1]};
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); // none of Node's handlers may run in the child
    const pid_t child = ::fork();
    if (child == 0)
        send_socket(pidfd, theirs.get());
    const int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (child < 0)
        return Failure{.step = "network", .syscall = "fork", .err = error};
    theirs.reset();
    Parcel parcel;
    ssize_t size = -1;
    if (readable_within(ours.get(), kBirthMs))
        size = ::recvmsg(ours.get(), &parcel.header, MSG_CMSG_CLOEXEC);
    else
        ::kill(child, SIGKILL); // ours, not reaped yet
    ::waitpid(child, nullptr, 0);
    const cmsghdr* const rights = CMSG_FIRSTHDR(&parcel.header);
    if (parcel.err == EPERM && is_in_own_network(pidfd))
        return open_here();
    if (size != sizeof parcel.err || parcel.err != 0 || rights == nullptr)
        return Failure{.step = "network", .syscall = "setns", .err = parcel.err};
    int socket = -1;
    memcpy(&socket, CMSG_DATA(rights), sizeof socket);
    return UniqueFd{socket};
}

using Visit = std::function<bool(const nlmsghdr*)>;

// Until visit says so: false then.
bool visit_each(const std::vector<char>& datagram, const Visit& visit) {
    auto left = static_cast<unsigned>(datagram.size());
    for (const auto* head = reinterpret_cast<const nlmsghdr*>(datagram.data()); NLMSG_OK(head, left);
         head = NLMSG_NEXT(head, left))
        if (!visit(head))
            return false;
    return true;
}

Status send_request(int fd, const Question& question, uint32_t sequence) {
    struct {
        nlmsghdr head;
        rtgenmsg body;
    } request{};
    request.head.nlmsg_len = NLMSG_LENGTH(sizeof request.body);
    request.head.nlmsg_type = static_cast<uint16_t>(question.type);
    request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.head.nlmsg_seq = sequence;
    request.body.rtgen_family = static_cast<unsigned char>(question.family);
    if (::send(fd, &request, request.head.nlmsg_len, 0) < 0)
        return syscall_failure("network", "send");
    return {};
}

// A datagram of the kernel's own. One of somebody else's can have come only before the socket was connected,
// and is passed over. What the kernel answered lies there already: the deadline is for what never should
// happen.
Result<std::vector<char>> receive(int fd, const Deadline& deadline) {
    for (;;) {
        if (!readable_within(fd, deadline.left()))
            return Failure{.step = "network", .syscall = "poll", .err = ETIMEDOUT};
        char datagram[kDatagram];
        sockaddr_nl sender{};
        socklen_t length = sizeof sender;
        const ssize_t size = ::recvfrom(fd, datagram, sizeof datagram, MSG_TRUNC,
                                        reinterpret_cast<sockaddr*>(&sender), &length);
        if (size < 0)
            return syscall_failure("network", "recv");
        if (length != sizeof sender || sender.nl_pid != 0) {
            if (deadline.left() == 0)
                return Failure{.step = "network", .syscall = "recv", .err = ETIMEDOUT};
            continue;
        }
        if (static_cast<size_t>(size) > sizeof datagram)
            return Failure{.step = "network", .syscall = "recv", .err = EMSGSIZE};
        return std::vector<char>(datagram, datagram + size);
    }
}

// The errno of NLMSG_ERROR. What is too short to have one is an error all the same.
int error_in(const nlmsghdr* head) {
    const auto* error = header_of<nlmsgerr>(head);
    return error != nullptr && error->error < 0 ? -error->error : EBADMSG;
}

Result<Answer> ask_once(int fd, const Question& question, const Deadline& deadline) {
    static std::atomic<uint32_t> sequence;
    Answer told{.sequence = ++sequence};
    TRY(send_request(fd, question, told.sequence));
    int error = 0;
    size_t total = 0;
    for (bool more = true; more;) {
        auto datagram = TRY(receive(fd, deadline));
        total += datagram.size();
        if (total > kMostTold)
            return Failure{.step = "network", .syscall = "recv", .err = EMSGSIZE};
        more = visit_each(datagram, [&](const nlmsghdr* head) {
            if (head->nlmsg_seq != told.sequence)
                return true;
            told.torn = told.torn || (head->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
            if (head->nlmsg_type == NLMSG_ERROR)
                error = error_in(head);
            return head->nlmsg_type != NLMSG_ERROR && head->nlmsg_type != NLMSG_DONE;
        });
        told.datagrams.push_back(std::move(datagram));
    }
    if (error != 0)
        return Failure{.step = "network", .syscall = "rtnetlink", .err = error};
    return told;
}

} // namespace

Result<UniqueFd> open_socket(int pidfd) {
    if (pidfd < 0)
        return open_here();
    return ::geteuid() == 0 ? open_by_thread(pidfd) : open_by_process(pidfd);
}

Result<UniqueFd> open_socket_astray(int pidfd) {
    return ::geteuid() == 0 ? open_by_straying(pidfd) : open_by_process(pidfd);
}

void Answer::each(const std::function<void(const nlmsghdr*)>& show) const {
    for (const auto& datagram : datagrams)
        (void)visit_each(datagram, [&](const nlmsghdr* head) {
            if (head->nlmsg_seq == sequence && head->nlmsg_type >= RTM_BASE)
                show(head);
            return true;
        });
}

Result<Answer> ask(int fd, const Question& question) {
    const Deadline deadline{question.timeoutMs};
    auto told = TRY(ask_once(fd, question, deadline));
    for (int tries = 1; told.torn && tries < kTries; ++tries)
        told = TRY(ask_once(fd, question, deadline));
    return told;
}

} // namespace tlxc::rtnetlink
