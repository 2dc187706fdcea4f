#include "executor/network/netlink.h"

#include <fcntl.h>
#include <netlink/socket.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cstdint>
#include <cstdlib>
#include <vector>

namespace tlxc {
namespace {

constexpr int kTries = 20; // of a list that changes while it is told

struct Exchange {
    NetlinkAnswer answer;
    bool done = false;
    bool torn = false; // what was listed has changed meanwhile: something may be missing
    std::vector<NetlinkMessage> told;
};

// The kernel's messages alone. Who may send to any socket of a container's network can send to this one
// before it is connected.
int on_any(nl_msg* message, void*) {
    const sockaddr_nl* const sender = nlmsg_get_src(message);
    return sender != nullptr && sender->nl_pid == 0 ? NL_OK : NL_SKIP;
}

int on_valid(nl_msg* message, void* data) {
    nlmsg_get(message); // kept until all of them are there
    static_cast<Exchange*>(data)->told.emplace_back(message, nlmsg_free);
    return NL_OK;
}

int on_torn(nl_msg*, void* data) {
    static_cast<Exchange*>(data)->torn = true;
    return NL_OK;
}

int on_end(nl_msg*, void* data) {
    static_cast<Exchange*>(data)->done = true;
    return NL_STOP;
}

// The kernel's words behind the error: attributes after the (possibly cut) copy of the request.
std::string explanation(const nlmsgerr* error) {
    const nlmsghdr* answer = reinterpret_cast<const nlmsghdr*>(error) - 1;
    if (!(answer->nlmsg_flags & NLM_F_ACK_TLVS))
        return {};
    size_t offset = NLMSG_ALIGN(sizeof *error);
    if (!(answer->nlmsg_flags & NLM_F_CAPPED))
        offset += NLMSG_ALIGN(error->msg.nlmsg_len) - sizeof(nlmsghdr);
    const size_t payload = answer->nlmsg_len - NLMSG_HDRLEN;
    if (offset >= payload)
        return {};
    auto* first = reinterpret_cast<nlattr*>(reinterpret_cast<uintptr_t>(error) + offset);
    const nlattr* text = nla_find(first, static_cast<int>(payload - offset), NLMSGERR_ATTR_MSG);
    return text == nullptr ? "" : std::string(static_cast<const char*>(nla_data(text)));
}

int on_error(sockaddr_nl*, nlmsgerr* error, void* data) {
    auto* exchange = static_cast<Exchange*>(data);
    exchange->answer.err = -error->error;
    exchange->answer.text = explanation(error);
    exchange->done = true;
    return NL_STOP;
}

Exchange exchange_with(nl_sock* socket, const NetlinkMessage& message) {
    Exchange exchange;
    nl_socket_modify_cb(socket, NL_CB_MSG_IN, NL_CB_CUSTOM, on_any, nullptr);
    nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, on_valid, &exchange);
    nl_socket_modify_cb(socket, NL_CB_DUMP_INTR, NL_CB_CUSTOM, on_torn, &exchange);
    nl_socket_modify_cb(socket, NL_CB_ACK, NL_CB_CUSTOM, on_end, &exchange);
    nl_socket_modify_cb(socket, NL_CB_FINISH, NL_CB_CUSTOM, on_end, &exchange);
    nl_socket_modify_err_cb(socket, NL_CB_CUSTOM, on_error, &exchange);
    nlmsg_hdr(message.get())->nlmsg_seq = NL_AUTO_SEQ; // a number of its own each time
    if (nl_send_auto(socket, message.get()) < 0)
        exchange = {.answer = {.err = errno != 0 ? errno : ENOMEM}, .done = true};
    while (!exchange.done)
        if (nl_recvmsgs_default(socket) < 0 && !exchange.done)
            exchange = {.answer = {.err = errno != 0 ? errno : EIO}, .done = true};
    return exchange;
}

} // namespace

// Bound by the kernel to an address of its own, as libnl's own sockets are, and connected to the kernel: what
// the container's root sends to it is refused (ECONNREFUSED), so it can neither forge an answer nor fill the
// queue.
UniqueFd Netlink::open_socket() {
    UniqueFd socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)};
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    if (socket && connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        socket.reset();
    return socket;
}

bool Netlink::open() {
    return adopt(open_socket());
}

bool Netlink::adopt(UniqueFd socket) {
    const int fd = socket.get();
    if (!socket)
        return false;
    socket_.reset(nl_socket_alloc());
    if (!socket_ || nl_socket_set_fd(socket_.get(), NETLINK_ROUTE, fd) != 0) {
        errno = ENOMEM;
        return false;
    }
    (void)socket.release(); // libnl's from now on
    const int on = 1;
    const timeval limit{.tv_sec = 5,
                        .tv_usec = 0}; // the kernel answers within the send; this is for the unforeseen
    (void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
    return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0;
}

Status Netlink::open_in(const UniqueFd& networkNamespace) {
    const UniqueFd home{::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)};
    if (!home)
        return syscall_failure("network", "open", "/proc/self/ns/net");
    if (setns(networkNamespace.get(), CLONE_NEWNET) != 0)
        return syscall_failure("network", "setns");
    Status status;
    if (!open())
        status = syscall_failure("network", "socket(NETLINK_ROUTE)");
    // A monitor left in the container's network would act on the wrong host ends: better none at all.
    if (setns(home.get(), CLONE_NEWNET) != 0)
        abort();
    return status;
}

NetlinkAnswer Netlink::ask(const NetlinkMessage& message, const Visit& visit) {
    if (!message)
        return {.err = ENOMEM};
    Exchange exchange;
    for (int tries = 0; tries == 0 || (exchange.torn && tries < kTries); ++tries)
        exchange = exchange_with(socket_.get(), message);
    for (const auto& each : exchange.told)
        if (visit)
            visit(nlmsg_hdr(each.get()));
    return std::move(exchange.answer);
}

NetlinkAnswer Netlink::send(const NetlinkMessage& message) {
    return ask(message, {});
}

} // namespace tlxc
