#include "executor/interface.h"

#include <arpa/inet.h>
#include <net/if.h>

#include <array>
#include <cstring>

#include "executor/network_failure.h"
#include "executor/veth.h"

namespace tlxc::network {
namespace {

using plan::Interface;

using AddressBytes = std::array<uint8_t, 16>;

Status add_address(Netlink& inside, int index, int family, const plan::Address& address) {
    const size_t size = family == AF_INET ? 4 : 16;
    AddressBytes bytes{}, broadcast{};
    if (inet_pton(family, address.address.c_str(), bytes.data()) != 1)
        return refused("bad-address", address.address, address.origin);
    ifaddrmsg header{};
    header.ifa_family = static_cast<uint8_t>(family);
    header.ifa_prefixlen = static_cast<uint8_t>(address.prefix);
    header.ifa_index = static_cast<uint32_t>(index);
    NetlinkMessage message = netlink_message(RTM_NEWADDR, kMake, header);
    if (message) {
        nla_put(message.get(), IFA_LOCAL, static_cast<int>(size), bytes.data());
        nla_put(message.get(), IFA_ADDRESS, static_cast<int>(size), bytes.data());
        if (!address.broadcast.empty()) {
            if (inet_pton(family, address.broadcast.c_str(), broadcast.data()) != 1)
                return refused("bad-address", address.broadcast, address.origin);
            nla_put(message.get(), IFA_BROADCAST, static_cast<int>(size), broadcast.data());
        } else if (family == AF_INET && address.prefix < 31) {
            in_addr computed{};
            memcpy(&computed, bytes.data(), sizeof computed);
            computed.s_addr |= htonl(address.prefix == 0 ? ~0U : (1U << (32 - address.prefix)) - 1);
            nla_put(message.get(), IFA_BROADCAST, sizeof computed, &computed);
        }
    }
    const NetlinkAnswer answer = inside.send(message);
    if (answer.err != 0)
        return failed("RTM_NEWADDR", answer, address.address, address.origin);
    return {};
}

struct Route {
    int family;
    int index;
    const AddressBytes* destination; // null: the default route
    const AddressBytes* gateway;     // null: on the link itself
};

NetlinkAnswer add_route(Netlink& inside, const Route& route) {
    const int size = route.family == AF_INET ? 4 : 16;
    rtmsg header{};
    header.rtm_family = static_cast<uint8_t>(route.family);
    header.rtm_dst_len = static_cast<uint8_t>(route.destination != nullptr ? size * 8 : 0);
    header.rtm_table = RT_TABLE_MAIN;
    header.rtm_protocol = RTPROT_BOOT;
    header.rtm_scope = route.gateway != nullptr ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
    header.rtm_type = RTN_UNICAST;
    NetlinkMessage message = netlink_message(RTM_NEWROUTE, kMake, header);
    if (message) {
        if (route.destination != nullptr)
            nla_put(message.get(), RTA_DST, size, route.destination->data());
        if (route.gateway != nullptr)
            nla_put(message.get(), RTA_GATEWAY, size, route.gateway->data());
        nla_put_u32(message.get(), RTA_OIF, static_cast<uint32_t>(route.index));
    }
    return inside.send(message);
}

// The default route: by an address, which gets a route of its own first when none leads to it, or "dev".
Status add_gateway(Netlink& inside, int index, int family, const std::string& gateway,
                   const plan::Origin& origin) {
    AddressBytes bytes{};
    Route route{.family = family, .index = index, .destination = nullptr, .gateway = nullptr};
    if (gateway != "dev") {
        if (inet_pton(family, gateway.c_str(), bytes.data()) != 1)
            return refused("bad-address", gateway, origin);
        route.gateway = &bytes;
    }
    NetlinkAnswer answer = add_route(inside, route);
    if (route.gateway != nullptr && (answer.err == ENETUNREACH || answer.err == EHOSTUNREACH)) {
        answer =
            add_route(inside, {.family = family, .index = index, .destination = &bytes, .gateway = nullptr});
        if (answer.err == 0)
            answer = add_route(inside, route);
    }
    if (answer.err != 0)
        return failed("RTM_NEWROUTE", answer, gateway, origin);
    return {};
}

// "auto" is the address that the interface's link has on the host.
Status settle_gateway(Netlink& host, const Interface& interface, int family, std::string& gateway) {
    if (gateway != "auto")
        return {};
    Link link;
    if (const NetlinkAnswer answer = host.link(interface.link, link); answer.err != 0)
        return failed("RTM_GETLINK", answer, interface.link, interface.origin);
    gateway.clear();
    if (const NetlinkAnswer answer = host.primary_address(link.index, family, gateway); answer.err != 0)
        return failed("RTM_GETADDR", answer, interface.link, interface.origin);
    if (gateway.empty())
        return refused("link-has-no-address", interface.link, interface.origin);
    return {};
}

} // namespace

Status configure_inside(Netlink& host, Netlink& inside, const Interface& interface, InterfaceInfo& info) {
    const std::string temporary = temporary_name(interface);
    Link link;
    if (const NetlinkAnswer answer = inside.link(temporary, link); answer.err != 0)
        return failed("RTM_GETLINK", answer, temporary, interface.origin);
    NetlinkMessage rename = link_change(link.index, 0);
    const std::string wanted = interface.name.empty() ? "eth%d" : interface.name;
    if (rename)
        nla_put_string(rename.get(), IFLA_IFNAME, wanted.c_str());
    if (const NetlinkAnswer answer = inside.send(rename); answer.err != 0)
        return failed("RTM_NEWLINK(IFLA_IFNAME)", answer, wanted, interface.origin);
    if (const NetlinkAnswer answer = inside.link(link.index, link); answer.err != 0)
        return failed("RTM_GETLINK", answer, wanted, interface.origin);
    info.name = link.name;

    for (const auto& address : interface.ipv4)
        TRY(add_address(inside, link.index, AF_INET, address));
    for (const auto& address : interface.ipv6)
        TRY(add_address(inside, link.index, AF_INET6, address));
    if (interface.up)
        if (const NetlinkAnswer answer = inside.send(link_change(link.index, IFF_UP)); answer.err != 0)
            return failed("RTM_NEWLINK(IFF_UP)", answer, info.name, interface.origin);
    for (const int family : {AF_INET, AF_INET6}) {
        std::string gateway = family == AF_INET ? interface.ipv4Gateway : interface.ipv6Gateway;
        if (gateway.empty())
            continue;
        TRY(settle_gateway(host, interface, family, gateway));
        TRY(add_gateway(inside, link.index, family, gateway, interface.origin));
    }
    return {};
}

} // namespace tlxc::network
