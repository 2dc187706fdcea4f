#include "executor/network/addresses.h"

#include <arpa/inet.h>
#include <linux/neighbour.h>

#include <cstring>

namespace tlxc {
namespace {

int size_of(int family) {
    return family == AF_INET ? 4 : 16;
}

// The others are the kernel's own findings.
constexpr uint32_t kSetFlags =
    IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR | IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN;

std::string text_of(int family, const void* bytes) {
    char text[INET6_ADDRSTRLEN];
    return inet_ntop(family, bytes, text, sizeof text) == nullptr ? "" : text;
}

// An interface's own address: IFA_LOCAL where there is a peer (point to point), which for IPv6 may be left
// out.
const nlattr* own_address(nlmsghdr* header) {
    const nlattr* local = nlmsg_find_attr(header, sizeof(ifaddrmsg), IFA_LOCAL);
    return local != nullptr ? local : nlmsg_find_attr(header, sizeof(ifaddrmsg), IFA_ADDRESS);
}

using VisitAddress = std::function<void(const ifaddrmsg&, const nlattr*, nlmsghdr*)>;

NetlinkAnswer each_address(Netlink& netlink, int index, int family, const VisitAddress& visit) {
    ifaddrmsg header{};
    header.ifa_family = static_cast<uint8_t>(family);
    const NetlinkMessage message = netlink_message(RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP, header);
    return netlink.ask(message, [&](nlmsghdr* each) {
        const auto* address = static_cast<ifaddrmsg*>(nlmsg_data(each));
        if (each->nlmsg_type != RTM_NEWADDR || static_cast<int>(address->ifa_index) != index)
            return;
        const nlattr* own = own_address(each);
        if (own != nullptr && nla_len(own) == size_of(address->ifa_family))
            visit(*address, own, each);
    });
}

NetlinkMessage address_message(int type, int request, int index, const IpAddress& ip, int prefix) {
    ifaddrmsg header{};
    header.ifa_family = static_cast<uint8_t>(ip.family);
    header.ifa_prefixlen = static_cast<uint8_t>(prefix);
    header.ifa_index = static_cast<uint32_t>(index);
    NetlinkMessage message = netlink_message(type, request, header);
    if (message) {
        nla_put(message.get(), IFA_LOCAL, ip.size(), ip.bytes.data());
        nla_put(message.get(), IFA_ADDRESS, ip.size(), ip.bytes.data());
    }
    return message;
}

} // namespace

int IpAddress::size() const {
    return size_of(family);
}

bool parse_ip(const std::string& text, IpAddress& out) {
    out.family = text.find(':') == text.npos ? AF_INET : AF_INET6;
    return inet_pton(out.family, text.c_str(), out.bytes.data()) == 1;
}

std::string to_text(const IpAddress& address) {
    return text_of(address.family, address.bytes.data());
}

NetlinkAnswer add_address(Netlink& netlink, int index, const InterfaceAddress& address, int request) {
    const IpAddress& ip = address.address;
    NetlinkMessage message = address_message(RTM_NEWADDR, request, index, ip, address.prefix);
    if (message) {
        if (address.hasBroadcast)
            nla_put(message.get(), IFA_BROADCAST, ip.size(), address.broadcast.bytes.data());
        if (address.flags != 0)
            nla_put_u32(message.get(), IFA_FLAGS, address.flags);
        if (address.valid != ~0U) {
            const ifa_cacheinfo lifetimes{.ifa_prefered = address.preferred, .ifa_valid = address.valid};
            nla_put(message.get(), IFA_CACHEINFO, sizeof lifetimes, &lifetimes);
        }
    }
    return netlink.send(message);
}

NetlinkAnswer remove_address(Netlink& netlink, int index, const IpAddress& address, int prefix) {
    return netlink.send(address_message(RTM_DELADDR, kChange, index, address, prefix));
}

NetlinkAnswer list_addresses(Netlink& netlink, int index, std::vector<InterfaceAddress>& out) {
    return each_address(netlink, index, AF_UNSPEC, [&](auto& header, const nlattr* own, nlmsghdr* message) {
        if (header.ifa_family == AF_INET6 && header.ifa_scope == RT_SCOPE_LINK)
            return;
        InterfaceAddress& address = out.emplace_back();
        address.address.family = header.ifa_family;
        address.prefix = header.ifa_prefixlen;
        memcpy(address.address.bytes.data(), nla_data(own), static_cast<size_t>(nla_len(own)));
        const auto attribute = [&](int type) { return nlmsg_find_attr(message, sizeof(ifaddrmsg), type); };
        if (const nlattr* broadcast = attribute(IFA_BROADCAST); broadcast && nla_len(broadcast) <= 16) {
            address.hasBroadcast = true;
            address.broadcast.family = header.ifa_family;
            memcpy(address.broadcast.bytes.data(), nla_data(broadcast),
                   static_cast<size_t>(nla_len(broadcast)));
        }
        if (const nlattr* flags = attribute(IFA_FLAGS))
            address.flags = nla_get_u32(flags) & kSetFlags;
        if (const nlattr* cache = attribute(IFA_CACHEINFO);
            cache && static_cast<size_t>(nla_len(cache)) >= sizeof(ifa_cacheinfo)) {
            ifa_cacheinfo lifetimes{};
            memcpy(&lifetimes, nla_data(cache), sizeof lifetimes);
            address.valid = lifetimes.ifa_valid;
            address.preferred = lifetimes.ifa_prefered;
        }
    });
}

NetlinkAnswer primary_address(Netlink& netlink, int index, int family, std::string& out) {
    bool global = false;
    return each_address(netlink, index, family, [&](auto& header, const nlattr* own, nlmsghdr*) {
        if (global || (header.ifa_flags & IFA_F_SECONDARY) != 0)
            return;
        global = family == AF_INET || header.ifa_scope == RT_SCOPE_UNIVERSE;
        if (global || out.empty())
            out = text_of(family, nla_data(own));
    });
}

NetlinkAnswer change_route(Netlink& netlink, int type, const Route& route) {
    rtmsg header{};
    header.rtm_family = static_cast<uint8_t>(route.family);
    header.rtm_dst_len = static_cast<uint8_t>(route.prefix);
    header.rtm_table = RT_TABLE_MAIN;
    header.rtm_protocol = RTPROT_BOOT;
    header.rtm_scope = route.gateway != nullptr ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
    header.rtm_type = RTN_UNICAST;
    NetlinkMessage message = netlink_message(type, type == RTM_NEWROUTE ? kMake : kChange, header);
    if (message) {
        if (route.destination != nullptr)
            nla_put(message.get(), RTA_DST, size_of(route.family), route.destination->bytes.data());
        if (route.gateway != nullptr)
            nla_put(message.get(), RTA_GATEWAY, size_of(route.family), route.gateway->bytes.data());
        nla_put_u32(message.get(), RTA_OIF, static_cast<uint32_t>(route.index));
    }
    return netlink.send(message);
}

NetlinkAnswer change_proxy(Netlink& netlink, int type, int index, const IpAddress& address) {
    ndmsg header{};
    header.ndm_family = static_cast<uint8_t>(address.family);
    header.ndm_ifindex = index;
    header.ndm_flags = NTF_PROXY;
    NetlinkMessage message = netlink_message(type, type == RTM_NEWNEIGH ? kMake : kChange, header);
    if (message)
        nla_put(message.get(), NDA_DST, address.size(), address.bytes.data());
    return netlink.send(message);
}

} // namespace tlxc
