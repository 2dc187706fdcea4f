#include "executor/network/interface.h"

#include <net/if.h>
#include <sys/socket.h>

#include "executor/network/addresses.h"

namespace tlxc::network {
namespace {

using plan::Interface;

Status add_addresses(Netlink& inside, int index, const std::vector<plan::Address>& addresses,
                     uint32_t flags) {
    for (const auto& each : addresses) {
        InterfaceAddress address{.prefix = static_cast<uint8_t>(each.prefix), .flags = flags};
        if (!parse_ip(each.address, address.address))
            return refused("bad-address", each.address, each.origin);
        address.hasBroadcast = !each.broadcast.empty();
        if (address.hasBroadcast && !parse_ip(each.broadcast, address.broadcast))
            return refused("bad-address", each.broadcast, each.origin);
        if (const NetlinkAnswer answer = add_address(inside, index, address); answer.err != 0)
            return failed("RTM_NEWADDR", answer, each.address, each.origin);
    }
    return {};
}

// The default route: by an address, which gets a route of its own first when none leads to it, or "dev".
Status add_gateway(Netlink& inside, int index, int family, const plan::PlacedText& gateway) {
    if (gateway.value.empty())
        return {};
    IpAddress address{.family = family};
    Route route{.family = family, .index = index};
    if (gateway.value != "dev") {
        if (!parse_ip(gateway.value, address))
            return refused("bad-address", gateway.value, gateway.origin);
        route.gateway = &address;
    }
    NetlinkAnswer answer = change_route(inside, RTM_NEWROUTE, route);
    if (route.gateway != nullptr && (answer.err == ENETUNREACH || answer.err == EHOSTUNREACH)) {
        answer = change_route(
            inside, RTM_NEWROUTE,
            {.family = family, .index = index, .destination = &address, .prefix = address.bits()});
        if (answer.err == 0)
            answer = change_route(inside, RTM_NEWROUTE, route);
    }
    if (answer.err != 0)
        return failed("RTM_NEWROUTE", answer, gateway.value, gateway.origin);
    return {};
}

Status settle_gateway(Netlink& host, const Interface& interface, int family, plan::PlacedText& gateway) {
    if (gateway.value != "auto")
        return {};
    Link link;
    TRY(find_link_of(host, interface, link));
    gateway.value.clear();
    if (const NetlinkAnswer answer = primary_address(host, link.index, family, gateway.value);
        answer.err != 0)
        return failed("RTM_GETADDR", answer, link.name, gateway.origin);
    if (gateway.value.empty())
        return refused("link-has-no-address", link.name, gateway.origin);
    return {};
}

// The name from the configuration, a phys's own, or the next of eth0, eth1 …
Status rename(Netlink& inside, const Interface& interface, int index, InterfaceInfo& info) {
    std::string wanted = interface.name.value.empty() ? info.name : interface.name.value;
    if (wanted.empty())
        wanted = "eth%d";
    if (!is_interface_name(wanted))
        return refused("bad-interface-name", wanted, interface.name.origin);
    if (const NetlinkAnswer answer = set_name(inside, index, wanted); answer.err != 0)
        return failed("RTM_NEWLINK(IFLA_IFNAME)", answer, wanted, interface.name.origin);
    Link renamed;
    if (const NetlinkAnswer answer = find_link(inside, index, renamed); answer.err != 0)
        return failed("RTM_GETLINK", answer, wanted, interface.name.origin);
    info.name = renamed.name;
    info.insideIndex = index;
    return {};
}

} // namespace

Status settle_gateways(Netlink& host, Interface& interface) {
    TRY(settle_gateway(host, interface, AF_INET, interface.ipv4Gateway));
    return settle_gateway(host, interface, AF_INET6, interface.ipv6Gateway);
}

Status set_hardware_address(Netlink& inside, const Interface& interface) {
    if (interface.hwaddr.value.empty())
        return {};
    HardwareAddress hwaddr{};
    if (!parse_hwaddr(interface.hwaddr.value, hwaddr))
        return refused("bad-hardware-address", interface.hwaddr.value, interface.hwaddr.origin);
    const std::string name = temporary_name(interface);
    Link link;
    if (const NetlinkAnswer answer = find_link(inside, name, link); answer.err != 0)
        return failed("RTM_GETLINK", answer, name, interface.origin);
    if (const NetlinkAnswer answer = set_hwaddr(inside, link.index, hwaddr); answer.err != 0)
        return failed("RTM_NEWLINK(IFLA_ADDRESS)", answer, name, interface.hwaddr.origin);
    return {};
}

Status configure_inside(Netlink& inside, const Interface& interface, InterfaceInfo& info) {
    const bool loopback = std::holds_alternative<plan::EmptyDevice>(interface.device);
    const std::string now = loopback ? "lo" : temporary_name(interface);
    Link link;
    if (const NetlinkAnswer answer = find_link(inside, now, link); answer.err != 0)
        return failed("RTM_GETLINK", answer, now, interface.origin);
    if (!loopback) {
        TRY(rename(inside, interface, link.index, info));
        const auto mtu = static_cast<uint32_t>(interface.mtu.value);
        if (const NetlinkAnswer answer = mtu == 0 ? NetlinkAnswer{} : set_mtu(inside, link.index, mtu);
            answer.err != 0)
            return failed("RTM_NEWLINK(IFLA_MTU)", answer, info.name, interface.mtu.origin);
    }
    // Nobody else is on passt's network: the address can be used at once, not when a second has passed.
    const uint32_t ipv6Flags = std::holds_alternative<plan::PasstDevice>(interface.device) ? IFA_F_NODAD : 0;
    TRY(add_addresses(inside, link.index, interface.ipv4, 0));
    TRY(add_addresses(inside, link.index, interface.ipv6, ipv6Flags));
    if (interface.up)
        if (const NetlinkAnswer answer = inside.send(link_change(link.index, IFF_UP)); answer.err != 0)
            return failed("RTM_NEWLINK(IFF_UP)", answer, info.name, interface.origin);
    TRY(add_gateway(inside, link.index, AF_INET, interface.ipv4Gateway));
    return add_gateway(inside, link.index, AF_INET6, interface.ipv6Gateway);
}

} // namespace tlxc::network
