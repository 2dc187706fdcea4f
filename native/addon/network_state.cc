// A container's interfaces, addresses and counters, by rtnetlink from a socket that lives in its network
// namespace.
#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <functional>

#include "addon/families.h"
#include "addon/js.h"
#include "common/unique_fd.h"

namespace tlxc {
namespace {

struct Opening {
    int pidfd = -1;
    UniqueFd socket;
    Failure failure;
};

// A thread of its own enters the namespace and ends: the socket stays there, Node's threads never do.
void* open_inside(void* argument) {
    auto* opening = static_cast<Opening*>(argument);
    if (::setns(opening->pidfd, CLONE_NEWNET) != 0) {
        opening->failure = syscall_failure("network", "setns");
        return nullptr;
    }
    opening->socket.reset(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (!opening->socket)
        opening->failure = syscall_failure("network", "socket");
    return nullptr;
}

Result<UniqueFd> open_by_thread(int pidfd) {
    Opening opening;
    opening.pidfd = pidfd;
    pthread_t thread{};
    if (const int error = pthread_create(&thread, nullptr, open_inside, &opening); error != 0)
        return Failure{.step = "network", .syscall = "pthread_create", .err = error};
    pthread_join(thread, nullptr);
    if (!opening.socket)
        return opening.failure;
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
        socket = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
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
    const ssize_t size = ::recvmsg(ours.get(), &parcel.header, MSG_CMSG_CLOEXEC);
    ::waitpid(child, nullptr, 0);
    const cmsghdr* const rights = CMSG_FIRSTHDR(&parcel.header);
    if (size != sizeof parcel.err || parcel.err != 0 || rights == nullptr)
        return Failure{.step = "network", .syscall = "setns", .err = parcel.err};
    int socket = -1;
    memcpy(&socket, CMSG_DATA(rights), sizeof socket);
    return UniqueFd{socket};
}

Result<UniqueFd> open_here() {
    UniqueFd socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)};
    if (!socket)
        return syscall_failure("network", "socket");
    return socket;
}

// pidfd -1: the caller's own network.
Result<UniqueFd> open_socket(int pidfd) {
    if (pidfd < 0)
        return open_here();
    return ::geteuid() == 0 ? open_by_thread(pidfd) : open_by_process(pidfd);
}

// Every message of one dump; the kernel answers at once, the deadline is for what never should happen.
Status dump(int fd, int type, int timeoutMs, const std::function<void(const nlmsghdr*)>& each) {
    struct {
        nlmsghdr head;
        rtgenmsg body;
    } request{};
    request.head.nlmsg_len = NLMSG_LENGTH(sizeof request.body);
    request.head.nlmsg_type = static_cast<uint16_t>(type);
    request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.body.rtgen_family = AF_UNSPEC;
    if (::send(fd, &request, request.head.nlmsg_len, 0) < 0)
        return syscall_failure("network", "send");
    alignas(nlmsghdr) char buffer[32 * 1024];
    for (;;) {
        pollfd readable{fd, POLLIN, 0};
        if (::poll(&readable, 1, timeoutMs) == 0)
            return Failure{.step = "network", .syscall = "poll", .err = ETIMEDOUT};
        auto left = static_cast<int>(::recv(fd, buffer, sizeof buffer, 0));
        if (left < 0)
            return syscall_failure("network", "recv");
        for (auto* head = reinterpret_cast<nlmsghdr*>(buffer); NLMSG_OK(head, static_cast<unsigned>(left));
             head = NLMSG_NEXT(head, left)) {
            if (head->nlmsg_type == NLMSG_DONE)
                return {};
            if (head->nlmsg_type == NLMSG_ERROR)
                return Failure{.step = "network",
                               .syscall = "rtnetlink",
                               .err = -static_cast<nlmsgerr*>(NLMSG_DATA(head))->error};
            each(head);
        }
    }
}

// As RFC 2863 and ip(8) name them.
const char* operational(uint8_t state) {
    constexpr const char* words[] = {"unknown", "notpresent", "down", "lowerlayerdown",
                                     "testing", "dormant",    "up"};
    return state < std::size(words) ? words[state] : "unknown";
}

Napi::Object counters_of(Napi::Env env, const void* data, size_t size) {
    rtnl_link_stats64 stats{};
    memcpy(&stats, data, std::min(sizeof stats, size));
    auto out = Napi::Object::New(env);
    const auto set = [&](const char* name, uint64_t value) { out.Set(name, static_cast<double>(value)); };
    set("rxBytes", stats.rx_bytes);
    set("rxPackets", stats.rx_packets);
    set("rxErrors", stats.rx_errors);
    set("rxDropped", stats.rx_dropped);
    set("txBytes", stats.tx_bytes);
    set("txPackets", stats.tx_packets);
    set("txErrors", stats.tx_errors);
    set("txDropped", stats.tx_dropped);
    return out;
}

Napi::Object link_of(Napi::Env env, const nlmsghdr* head) {
    const auto* link = static_cast<const ifinfomsg*>(NLMSG_DATA(head));
    auto out = Napi::Object::New(env);
    out.Set("index", link->ifi_index);
    out.Set("up", (link->ifi_flags & IFF_UP) != 0);
    out.Set("loopback", (link->ifi_flags & IFF_LOOPBACK) != 0);
    auto left = static_cast<int>(head->nlmsg_len - NLMSG_LENGTH(sizeof *link));
    for (const rtattr* attribute = IFLA_RTA(link); RTA_OK(attribute, left);
         attribute = RTA_NEXT(attribute, left)) {
        const void* data = RTA_DATA(attribute);
        if (attribute->rta_type == IFLA_IFNAME)
            out.Set("name", static_cast<const char*>(data));
        if (attribute->rta_type == IFLA_MTU)
            out.Set("mtu", *static_cast<const uint32_t*>(data));
        if (attribute->rta_type == IFLA_ADDRESS && RTA_PAYLOAD(attribute) == 6) {
            const auto* byte = static_cast<const unsigned char*>(data);
            char text[18];
            snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", byte[0], byte[1], byte[2], byte[3],
                     byte[4], byte[5]);
            out.Set("hwaddr", text);
        }
        if (attribute->rta_type == IFLA_MASTER)
            out.Set("master", *static_cast<const int32_t*>(data));
        if (attribute->rta_type == IFLA_OPERSTATE)
            out.Set("state", operational(*static_cast<const uint8_t*>(data)));
        if (attribute->rta_type == IFLA_STATS64)
            out.Set("counters", counters_of(env, data, RTA_PAYLOAD(attribute)));
    }
    out.Set("addresses", Napi::Array::New(env));
    return out;
}

// The interface's own address: IFA_LOCAL where there is a peer (point to point), else IFA_ADDRESS.
void add_address(Napi::Env env, const nlmsghdr* head, const std::function<Napi::Value(int)>& byIndex) {
    const auto* address = static_cast<const ifaddrmsg*>(NLMSG_DATA(head));
    const Napi::Value link = byIndex(static_cast<int>(address->ifa_index));
    if (!link.IsObject())
        return;
    const void* own = nullptr;
    auto left = static_cast<int>(head->nlmsg_len - NLMSG_LENGTH(sizeof *address));
    for (const rtattr* attribute = IFA_RTA(address); RTA_OK(attribute, left);
         attribute = RTA_NEXT(attribute, left)) {
        if (attribute->rta_type == IFA_LOCAL || (attribute->rta_type == IFA_ADDRESS && !own))
            own = RTA_DATA(attribute);
    }
    char text[INET6_ADDRSTRLEN];
    if (!own || !inet_ntop(address->ifa_family, own, text, sizeof text))
        return;
    auto out = Napi::Object::New(env);
    out.Set("family", address->ifa_family == AF_INET ? "inet" : "inet6");
    out.Set("address", text);
    out.Set("prefix", address->ifa_prefixlen);
    out.Set("scope", address->ifa_scope == RT_SCOPE_LINK   ? "link"
                     : address->ifa_scope == RT_SCOPE_HOST ? "host"
                                                           : "global");
    auto addresses = link.As<Napi::Object>().Get("addresses").As<Napi::Array>();
    addresses.Set(addresses.Length(), out);
}

Napi::Value network_state(const Napi::CallbackInfo& info) {
    const auto env = info.Env();
    const auto options = info[0].As<Napi::Object>();
    const int timeoutMs = js::number(options, "timeoutMs");
    auto socket = open_socket(js::number(options, "initPidfd"));
    if (!socket.ok())
        return js::failure(env, socket.failure());
    const int fd = socket.value().get();
    auto links = Napi::Array::New(env);
    auto indices = Napi::Object::New(env);
    const auto listed = dump(fd, RTM_GETLINK, timeoutMs, [&](const nlmsghdr* head) {
        if (head->nlmsg_type != RTM_NEWLINK)
            return;
        const auto link = link_of(env, head);
        indices.Set(link.Get("index"), link);
        links.Set(links.Length(), link);
    });
    if (!listed.ok())
        return js::failure(env, listed.failure());
    const auto addressed = dump(fd, RTM_GETADDR, timeoutMs, [&](const nlmsghdr* head) {
        if (head->nlmsg_type == RTM_NEWADDR)
            add_address(env, head, [&](int index) { return indices.Get(static_cast<uint32_t>(index)); });
    });
    if (!addressed.ok())
        return js::failure(env, addressed.failure());
    return links;
}

} // namespace

void export_network_state(Napi::Env env, Napi::Object exports) {
    exports.Set("networkState", Napi::Function::New(env, network_state));
}

} // namespace tlxc
