#include "executor/netlink.h"

#include <arpa/inet.h>
#include <netlink/socket.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace tlxc {
namespace {

struct Exchange {
    NetlinkAnswer answer;
    bool done = false;
    const std::function<void(nlmsghdr*)>* visit = nullptr;
};

int on_valid(nl_msg* message, void* data) {
    const auto* exchange = static_cast<Exchange*>(data);
    if (exchange->visit != nullptr && *exchange->visit)
        (*exchange->visit)(nlmsg_hdr(message));
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

} // namespace

// Bound by the kernel: an address of its own, as libnl's own sockets have.
UniqueFd Netlink::open_socket() {
    UniqueFd socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)};
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    if (socket && bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
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

NetlinkAnswer Netlink::exchange(const NetlinkMessage& message, const Visit& visit) {
    Exchange exchange;
    exchange.visit = &visit;
    nl_sock* const socket = socket_.get();
    nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, on_valid, &exchange);
    nl_socket_modify_cb(socket, NL_CB_ACK, NL_CB_CUSTOM, on_end, &exchange);
    nl_socket_modify_cb(socket, NL_CB_FINISH, NL_CB_CUSTOM, on_end, &exchange);
    nl_socket_modify_err_cb(socket, NL_CB_CUSTOM, on_error, &exchange);
    if (!message || nl_send_auto(socket, message.get()) < 0)
        return {.err = errno != 0 ? errno : ENOMEM, .text = {}};
    while (!exchange.done)
        if (nl_recvmsgs_default(socket) < 0 && !exchange.done)
            return {.err = errno != 0 ? errno : EIO, .text = {}};
    return exchange.answer;
}

NetlinkAnswer Netlink::send(const NetlinkMessage& message) {
    return exchange(message, {});
}

NetlinkAnswer Netlink::get_link(const NetlinkMessage& message, Link& out) {
    return exchange(message, [&out](nlmsghdr* header) {
        if (header->nlmsg_type != RTM_NEWLINK)
            return;
        out.index = static_cast<ifinfomsg*>(nlmsg_data(header))->ifi_index;
        if (const nlattr* mtu = nlmsg_find_attr(header, sizeof(ifinfomsg), IFLA_MTU))
            out.mtu = nla_get_u32(mtu);
        if (nlattr* name = nlmsg_find_attr(header, sizeof(ifinfomsg), IFLA_IFNAME))
            out.name = nla_get_string(name);
        if (const nlattr* master = nlmsg_find_attr(header, sizeof(ifinfomsg), IFLA_MASTER))
            out.master = static_cast<int>(nla_get_u32(master));
        if (const nlattr* peer = nlmsg_find_attr(header, sizeof(ifinfomsg), IFLA_LINK))
            out.peer = static_cast<int>(nla_get_u32(peer));
        if (nlattr* info = nlmsg_find_attr(header, sizeof(ifinfomsg), IFLA_LINKINFO))
            if (nlattr* kind = nla_find(static_cast<nlattr*>(nla_data(info)), nla_len(info), IFLA_INFO_KIND))
                out.kind = nla_get_string(kind);
    });
}

NetlinkAnswer Netlink::link(const std::string& name, Link& out) {
    NetlinkMessage message = netlink_message(RTM_GETLINK, NLM_F_REQUEST | NLM_F_ACK, ifinfomsg{});
    if (message)
        nla_put_string(message.get(), IFLA_IFNAME, name.c_str());
    return get_link(message, out);
}

NetlinkAnswer Netlink::link(int index, Link& out) {
    ifinfomsg header{};
    header.ifi_index = index;
    return get_link(netlink_message(RTM_GETLINK, NLM_F_REQUEST | NLM_F_ACK, header), out);
}

NetlinkAnswer Netlink::primary_address(int index, int family, std::string& out) {
    ifaddrmsg header{};
    header.ifa_family = static_cast<uint8_t>(family);
    bool global = false;
    return exchange(netlink_message(RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP, header), [&](nlmsghdr* each) {
        const auto* address = static_cast<ifaddrmsg*>(nlmsg_data(each));
        if (each->nlmsg_type != RTM_NEWADDR || static_cast<int>(address->ifa_index) != index)
            return;
        if (global || (address->ifa_flags & IFA_F_SECONDARY) != 0)
            return;
        const nlattr* bytes =
            nlmsg_find_attr(each, sizeof(ifaddrmsg), family == AF_INET ? IFA_LOCAL : IFA_ADDRESS);
        char text[INET6_ADDRSTRLEN];
        if (bytes == nullptr || inet_ntop(family, nla_data(bytes), text, sizeof text) == nullptr)
            return;
        global = family == AF_INET || address->ifa_scope == RT_SCOPE_UNIVERSE;
        if (global || out.empty())
            out = text;
    });
}

} // namespace tlxc
