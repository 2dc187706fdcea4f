#include "executor/network/l2proxy.h"

#include <sys/socket.h>

#include "executor/network/addresses.h"
#include "executor/network/network_sysctl.h"

namespace tlxc::network {
namespace {

using plan::Interface;

constexpr const char* kLoopback = "lo";

Status require(int family, const Interface& interface, const char* what) {
    const std::string path = sysctl::path(family, interface.link.value, what);
    if (sysctl::read(path) != "1")
        return refused("sysctl-off", path, *interface.l2proxy);
    return {};
}

// The packets for an ipvlan's address must reach the host's IP stack, where it takes them from: by loopback.
NetlinkAnswer change_loopback_route(Netlink& host, int type, const IpAddress& address) {
    Link loopback;
    NetlinkAnswer answer = find_link(host, kLoopback, loopback);
    if (answer.err == 0)
        answer = change_route(host, type,
                              {.family = address.family,
                               .index = loopback.index,
                               .destination = &address,
                               .prefix = address.bits()});
    return answer;
}

} // namespace

Status check_l2proxy(const Interface& interface) {
    if (!interface.l2proxy)
        return {};
    if (!interface.ipv4.empty())
        TRY(require(AF_INET, interface, "forwarding"));
    if (!interface.ipv6.empty()) {
        TRY(require(AF_INET6, interface, "proxy_ndp"));
        TRY(require(AF_INET6, interface, "forwarding"));
    }
    return {};
}

Status add_l2proxy(Making& making, const Interface& interface) {
    if (!interface.l2proxy)
        return {};
    const bool looped = std::holds_alternative<plan::IpvlanDevice>(interface.device);
    Link link;
    TRY(find_link_of(making.host, interface, link));
    for (const auto* addresses : {&interface.ipv4, &interface.ipv6})
        for (const auto& each : *addresses) {
            IpAddress address;
            if (!parse_ip(each.address, address))
                return refused("bad-address", each.address, each.origin);
            TRY(making.will_leave({plan::LeftProxy{link.name, each.address}}));
            if (const auto answer = change_proxy(making.host, RTM_NEWNEIGH, link.index, address);
                answer.err != 0)
                return failed("RTM_NEWNEIGH", answer, each.address, *interface.l2proxy);
            if (!looped)
                continue;
            TRY(making.will_leave({plan::LeftRoute{each.address}}));
            if (const auto answer = change_loopback_route(making.host, RTM_NEWROUTE, address);
                answer.err != 0)
                return failed("RTM_NEWROUTE", answer, each.address, *interface.l2proxy);
        }
    return {};
}

NetlinkAnswer clear(Netlink& host, const plan::LeftProxy& proxy) {
    Link link;
    IpAddress address;
    if (!parse_ip(proxy.address, address) || find_link(host, proxy.link, link).err != 0)
        return {};
    const NetlinkAnswer answer = change_proxy(host, RTM_DELNEIGH, link.index, address);
    return answer.err == ENOENT ? NetlinkAnswer{} : answer;
}

NetlinkAnswer clear(Netlink& host, const plan::LeftRoute& route) {
    IpAddress address;
    if (!parse_ip(route.address, address))
        return {};
    const NetlinkAnswer answer = change_loopback_route(host, RTM_DELROUTE, address);
    return answer.err == ESRCH ? NetlinkAnswer{} : answer;
}

} // namespace tlxc::network
