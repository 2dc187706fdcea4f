#include "executor/network/network.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include <algorithm>

#include "executor/leavings.h"
#include "executor/network/host_routes.h"
#include "executor/network/interface.h"
#include "executor/network/l2proxy.h"
#include "executor/network/network_script.h"
#include "executor/network/passt_interface.h"
#include "executor/network/phys.h"
#include "executor/network/stacked.h"
#include "executor/network/user_nic.h"
#include "executor/network/veth.h"

namespace tlxc::network {
namespace {

using plan::Interface;

template <typename Kind> bool is(const Interface& interface) {
    return std::holds_alternative<Kind>(interface.device);
}

const char* type_of(const plan::Device& device) {
    static constexpr const char* names[] = {"empty", "veth", "macvlan", "ipvlan", "vlan", "phys", "passt"};
    static_assert(std::size(names) == std::variant_size_v<plan::Device>);
    return names[device.index()];
}

Status open_sockets(Making& making, UniqueFd inside, bool lends) {
    if (!making.host.open() || (inside && !making.inside.adopt(std::move(inside))))
        return syscall_failure("network", "socket(NETLINK_ROUTE)");
    if (making.plan.user)
        return {};
    UniqueFd pidfd{static_cast<int>(syscall(SYS_pidfd_open, making.child, 0))};
    if (!pidfd)
        return syscall_failure("network", "pidfd_open");
    TRY(making.inside.open_in(pidfd));
    if (!lends)
        return {};
    const std::string path = "/proc/" + std::to_string(making.child) + "/ns/net";
    making.made.namespace_.reset(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!making.made.namespace_)
        return syscall_failure("network", "open", path);
    return {};
}

Status loopback_up(Netlink& inside) {
    Link lo;
    NetlinkAnswer answer = find_link(inside, "lo", lo);
    if (answer.err == 0)
        answer = inside.send(link_change(lo.index, IFF_UP));
    if (answer.err == 0)
        return {};
    return Failure{.step = "network", .syscall = "RTM_NEWLINK(IFF_UP)", .err = answer.err, .path = "lo"};
}

Status make(Making& making, const Interface& interface, InterfaceInfo& info) {
    info.index = static_cast<long>(interface.index);
    info.type = type_of(interface.device);
    info.link = interface.link.value;
    TRY(check_l2proxy(interface));
    if (is<plan::VethDevice>(interface))
        TRY(making.plan.user ? have_veth_made(making, interface, info) : make_veth(making, interface, info));
    else if (is<plan::PhysDevice>(interface))
        TRY(lend(making, interface, info));
    else if (is<plan::PasstDevice>(interface))
        TRY(make_passt(making, interface));
    else if (!is<plan::EmptyDevice>(interface))
        TRY(make_stacked(making, interface));
    return run_up_script(making.plan, interface, info, {"LXC_PID=" + std::to_string(making.child)});
}

bool has_pattern(const Interface& interface) {
    return interface.name.value.empty() ? !is<plan::PhysDevice>(interface)
                                        : interface.name.value.find('%') != std::string::npos;
}

Status configure(Making& making, const Interface& interface, InterfaceInfo& info) {
    TRY(configure_inside(making.inside, interface, info));
    const auto* veth = std::get_if<plan::VethDevice>(&interface.device);
    if (veth != nullptr && veth->mode == plan::VethMode::Router)
        TRY(route_to_container(making.host, interface, info));
    return add_l2proxy(making, interface);
}

} // namespace

Result<UniqueFd> open_socket() {
    UniqueFd socket = Netlink::open_socket();
    if (!socket)
        return syscall_failure("network", "socket(NETLINK_ROUTE)");
    return socket;
}

Status create(const plan::StartPlan& plan, Place place, const Record& record, Network& made) {
    if (std::ranges::find(plan.namespaces, plan::Namespace::Net) == plan.namespaces.end())
        return {};
    Making making{plan, place.child, record, made, {}, {}};
    TRY(open_sockets(making, std::move(place.socket),
                     std::ranges::any_of(plan.interfaces, is<plan::PhysDevice>)));
    TRY(loopback_up(making.inside));
    std::vector<Interface> interfaces = plan.interfaces;
    made.interfaces.reserve(interfaces.size());
    for (auto& interface : interfaces) {
        TRY(settle_gateways(making.host, interface));
        TRY(make(making, interface, made.interfaces.emplace_back()));
    }
    // Those with a name of their own first, so that eth%d takes what they leave.
    for (const bool pattern : {false, true})
        for (size_t i = 0; i < interfaces.size(); ++i)
            if (has_pattern(interfaces[i]) == pattern)
                TRY(configure(making, interfaces[i], made.interfaces[i]));
    return {};
}

Status remove(const Network& network, const Record& record) {
    Netlink host;
    const auto hasEnd = [](const InterfaceInfo& info) { return info.hostIndex != 0; };
    if (std::ranges::any_of(network.interfaces, hasEnd)) {
        if (!host.open())
            return syscall_failure("network", "socket(NETLINK_ROUTE)");
        for (const auto& info : network.interfaces)
            if (hasEnd(info))
                (void)delete_link(host, info.hostIndex);
    }
    if (network.leavings.empty())
        return {};
    TRY(clear(network));
    return record({});
}

} // namespace tlxc::network
