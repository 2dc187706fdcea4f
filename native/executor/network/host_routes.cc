#include "executor/network/host_routes.h"

#include <sys/socket.h>

#include "executor/network/addresses.h"
#include "executor/network/network_sysctl.h"

namespace tlxc::network {
namespace {

Status turn_on(int family, const std::string& interface, const char* what, const plan::Origin& origin) {
    const std::string path = sysctl::path(family, interface, what);
    if (!sysctl::write(path, "1"))
        return at(syscall_failure("network", "write", path), origin);
    return {};
}

// The gateway may be any address: the host's end says that it is there.
Status answer_for(Netlink& host, const InterfaceInfo& info, const plan::PlacedText& gateway) {
    if (gateway.value.empty() || gateway.value == "dev")
        return {};
    IpAddress address;
    if (!parse_ip(gateway.value, address))
        return refused("bad-address", gateway.value, gateway.origin);
    if (address.family == AF_INET6) {
        // The kernel forwards IPv6 by this switch alone; that of one interface only says what the host is on
        // it.
        if (const std::string all = sysctl::path(AF_INET6, "all", "forwarding"); sysctl::read(all) != "1")
            return refused("sysctl-off", all, gateway.origin);
        TRY(turn_on(AF_INET6, info.hostName, "proxy_ndp", gateway.origin));
    }
    TRY(turn_on(address.family, info.hostName, "forwarding", gateway.origin));
    const NetlinkAnswer answer = change_proxy(host, RTM_NEWNEIGH, info.hostIndex, address);
    if (answer.err != 0)
        return failed("RTM_NEWNEIGH", answer, gateway.value, gateway.origin);
    return {};
}

Status route_to_addresses(Netlink& host, const InterfaceInfo& info,
                          const std::vector<plan::Address>& addresses, int prefix) {
    std::vector<plan::HostRoute> routes;
    for (const auto& each : addresses)
        routes.push_back({each.address, prefix, each.origin});
    return add_host_routes(host, info, routes);
}

} // namespace

Status add_host_routes(Netlink& host, const InterfaceInfo& info, const std::vector<plan::HostRoute>& routes) {
    for (const auto& each : routes) {
        IpAddress network;
        if (!parse_ip(each.address, network))
            return refused("bad-address", each.address, each.origin);
        const Route route{.family = network.family,
                          .index = info.hostIndex,
                          .destination = &network,
                          .prefix = static_cast<int>(each.prefix)};
        const NetlinkAnswer answer = change_route(host, RTM_NEWROUTE, route);
        if (answer.err != 0)
            return failed("RTM_NEWROUTE", answer, each.address + "/" + std::to_string(each.prefix),
                          each.origin);
    }
    return {};
}

Status route_to_container(Netlink& host, const plan::Interface& interface, const InterfaceInfo& info) {
    TRY(answer_for(host, info, interface.ipv4Gateway));
    TRY(answer_for(host, info, interface.ipv6Gateway));
    TRY(route_to_addresses(host, info, interface.ipv4, 32));
    return route_to_addresses(host, info, interface.ipv6, 128);
}

} // namespace tlxc::network
