#include "executor/network/hotplug.h"

#include <fcntl.h>

#include <algorithm>

#include "executor/network/interface.h"
#include "executor/network/phys.h"

namespace tlxc::network {
namespace {

using Interfaces = std::vector<InterfaceInfo>;
using Leavings = std::vector<plan::Leaving>;

Failure refused(const char* detail, const std::string& name) {
    return refusal("network", detail, name);
}

// Held from now on: what was lent has to be fetched from there.
Status hold_namespace(const Target& target) {
    if (target.network.namespace_)
        return {};
    const std::string path = "/proc/" + std::to_string(target.init) + "/ns/net";
    target.network.namespace_.reset(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!target.network.namespace_)
        return syscall_failure("network", "open", path);
    return {};
}

Status open_sockets(const Target& target, Netlink& host, Netlink& inside) {
    TRY(hold_namespace(target));
    if (!host.open())
        return syscall_failure("network", "socket(NETLINK_ROUTE)");
    return inside.open_in(target.network.namespace_);
}

Status expect_free(Netlink& netlink, const std::string& name, const char* taken) {
    if (!is_interface_name(name))
        return refused("bad-interface-name", name);
    Link there;
    const NetlinkAnswer answer = find_link(netlink, name, there);
    if (answer.err == 0)
        return refused(taken, name);
    return answer.err == ENODEV ? Status{} : Status{failed("RTM_GETLINK", answer, name, {})};
}

plan::LeftDevice* lent(Network& network, int64_t interface) {
    for (auto& each : network.leavings)
        if (auto* device = std::get_if<plan::LeftDevice>(&each); device && device->interface == interface)
            return device;
    return nullptr;
}

// Neither lent nor there any more.
Status forget(const Target& target, int64_t interface) {
    Network& network = target.network;
    std::erase_if(network.interfaces, [&](const InterfaceInfo& each) { return each.index == interface; });
    std::erase_if(network.leavings, [&](const plan::Leaving& each) {
        const auto* device = std::get_if<plan::LeftDevice>(&each);
        return device != nullptr && device->interface == interface;
    });
    return target.record(network.leavings);
}

// One that no record has, of an interface that could not be given back neither.
long next_index(const Network& network) {
    long next = 0;
    for (const auto& each : network.interfaces)
        next = std::max(next, each.index + 1);
    for (const auto& each : network.leavings)
        if (const auto* device = std::get_if<plan::LeftDevice>(&each))
            next = std::max(next, static_cast<long>(device->interface) + 1);
    return next;
}

Status lend_and_name(const Target& target, const plan::Interface& interface, InterfaceInfo& info) {
    Making making{target.plan, target.init, target.record, target.network, {}, {}};
    TRY(open_sockets(target, making.host, making.inside));
    TRY(expect_free(making.inside, interface.name.value, "name-taken-inside"));
    TRY(lend(making, interface, info));
    return configure_inside(making.inside, interface, info);
}

// The number of a lent interface that has this name inside, or had it on the host; -1: none.
long find_lent(Network& network, Netlink& inside, const std::string& name) {
    Link link;
    const bool there = find_link(inside, name, link).err == 0;
    for (const auto& each : network.interfaces) {
        const plan::LeftDevice* device = lent(network, each.index);
        if (device != nullptr && (there ? each.insideIndex == link.index : device->name == name))
            return each.index;
    }
    return -1;
}

Status bring_out(const Target& target, Netlink& inside, const Plug& plug) {
    Link link;
    if (const auto answer = find_link(inside, plug.inside, link); answer.err != 0)
        return failed("RTM_GETLINK", answer, plug.inside, {});
    const plan::LeftDevice as_it_is{.name = plug.host.empty() ? plug.inside : plug.host,
                                    .altnames = link.altnames,
                                    .mtu = link.mtu,
                                    .hwaddr = link.hwaddr};
    Netlink host;
    if (!host.open())
        return syscall_failure("network", "socket(NETLINK_ROUTE)");
    TRY(expect_free(host, as_it_is.name, "name-taken-outside"));
    return give_back(host, target.network.namespace_, as_it_is, link.index);
}

} // namespace

Status plug_in(const Target& target, const Plug& plug) {
    Network& network = target.network;
    plan::Interface interface {};
    interface.index = next_index(network);
    interface.device = plan::PhysDevice{};
    interface.link.value = plug.host;
    interface.name.value = plug.inside;
    InterfaceInfo info;
    info.index = static_cast<long>(interface.index);
    info.type = "phys";
    Status done = lend_and_name(target, interface, info);
    if (done.ok()) {
        network.interfaces.push_back(std::move(info));
        return {};
    }
    if (const plan::LeftDevice* device = lent(network, interface.index)) {
        Netlink host;
        // The first failure is what is told.
        if (host.open() && give_back(host, network.namespace_, *device, info.insideIndex).ok())
            (void)forget(target, interface.index).ok();
    }
    return done;
}

Status unplug(const Target& target, const Plug& plug) {
    Network& network = target.network;
    Netlink host, inside;
    TRY(open_sockets(target, host, inside));
    const long index = find_lent(network, inside, plug.inside);
    if (index < 0)
        return bring_out(target, inside, plug);
    plan::LeftDevice device = *lent(network, index);
    if (!plug.host.empty())
        device.name = plug.host;
    TRY(expect_free(host, device.name, "name-taken-outside"));
    const auto info = std::ranges::find(network.interfaces, index, &InterfaceInfo::index);
    TRY(give_back(host, network.namespace_, device, info->insideIndex));
    return forget(target, index);
}

} // namespace tlxc::network
