#include "executor/network.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cstdlib>

#include "executor/interface.h"
#include "executor/netlink.h"
#include "executor/user_nic.h"
#include "executor/veth.h"

namespace tlxc::network {
namespace {

using plan::Interface;

// Opens a socket in the child's network namespace and comes back.
Status open_inside(pid_t child, Netlink& inside) {
    const UniqueFd home{open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)};
    const UniqueFd pidfd{static_cast<int>(syscall(SYS_pidfd_open, child, 0))};
    if (!home || !pidfd)
        return syscall_failure("network", home ? "pidfd_open" : "open", "/proc/self/ns/net");
    if (setns(pidfd.get(), CLONE_NEWNET) != 0)
        return syscall_failure("network", "setns");
    Status status;
    if (!inside.open())
        status = syscall_failure("network", "socket(NETLINK_ROUTE)");
    // A monitor left in the container's network would act on the wrong host ends: better none at all.
    if (setns(home.get(), CLONE_NEWNET) != 0)
        abort();
    return status;
}

Status loopback_up(Netlink& inside) {
    Link lo;
    NetlinkAnswer answer = inside.link("lo", lo);
    if (answer.err == 0)
        answer = inside.send(link_change(lo.index, IFF_UP));
    if (answer.err == 0)
        return {};
    return Failure{.step = "network", .syscall = "RTM_NEWLINK(IFF_UP)", .err = answer.err, .path = "lo"};
}

Status create_all(const plan::StartPlan& plan, pid_t child, UniqueFd socket,
                  std::vector<InterfaceInfo>& made) {
    Netlink host, inside;
    if (!host.open() || (socket && !inside.adopt(std::move(socket))))
        return syscall_failure("network", "socket(NETLINK_ROUTE)");
    if (!plan.user)
        TRY(open_inside(child, inside));
    TRY(loopback_up(inside));
    for (const auto& interface : plan.interfaces) {
        InterfaceInfo& info = made.emplace_back();
        info.index = static_cast<long>(interface.index);
        info.type = interface.type == plan::InterfaceType::Veth ? "veth" : "empty";
        info.link = interface.link;
        if (interface.type != plan::InterfaceType::Veth)
            continue;
        TRY(plan.user ? have_veth_made(plan, interface, {child, host, inside}, info)
                      : make_veth(host, interface, child, info));
    }
    // Those with a name of their own first, so that eth%d takes what they leave.
    for (const bool named : {true, false})
        for (size_t i = 0; i < made.size(); ++i) {
            const Interface& interface = plan.interfaces[i];
            if (interface.type != plan::InterfaceType::Veth || interface.name.empty() == named)
                continue;
            TRY(configure_inside(host, inside, interface, made[i]));
        }
    return {};
}

} // namespace

Result<UniqueFd> open_socket() {
    UniqueFd socket = Netlink::open_socket();
    if (!socket)
        return syscall_failure("network", "socket(NETLINK_ROUTE)");
    return socket;
}

Result<std::vector<InterfaceInfo>> create(const plan::StartPlan& plan, pid_t child, UniqueFd inside) {
    std::vector<InterfaceInfo> made;
    if (std::ranges::find(plan.namespaces, plan::Namespace::Net) == plan.namespaces.end())
        return made;
    const Status status = create_all(plan, child, std::move(inside), made);
    if (status.ok())
        return made;
    remove(made);
    return status.failure();
}

void remove(const std::vector<InterfaceInfo>& interfaces) {
    Netlink host;
    const auto hasEnd = [](const InterfaceInfo& info) { return info.hostIndex != 0; };
    if (std::ranges::none_of(interfaces, hasEnd) || !host.open())
        return;
    for (const auto& info : interfaces) {
        if (info.hostIndex == 0)
            continue;
        ifinfomsg header{};
        header.ifi_index = info.hostIndex;
        (void)host.send(netlink_message(RTM_DELLINK, kChange, header)); // ENODEV: it went with the namespace
    }
}

} // namespace tlxc::network
