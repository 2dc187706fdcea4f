#include "executor/network/phys.h"

#include <fcntl.h>

#include <algorithm>

#include "executor/network/addresses.h"

namespace tlxc::network {
namespace {

using plan::Interface;

Status find_device(Netlink& host, const Interface& interface, Link& out) {
    if (!std::get<plan::PhysDevice>(interface.device).prefix)
        return find_link_of(host, interface, out);
    std::vector<Link> all;
    if (const NetlinkAnswer answer = list_links(host, all); answer.err != 0)
        return failed("RTM_GETLINK", answer, interface.link.value, interface.link.origin);
    const auto last = std::find_if(all.rbegin(), all.rend(), [&](const Link& link) {
        return link.name.starts_with(interface.link.value);
    });
    if (last == all.rend())
        return refused("no-such-prefix", interface.link.value, interface.link.origin);
    // By index: the names of a list are no more than its moment's.
    if (const NetlinkAnswer answer = find_link(host, last->index, out); answer.err != 0)
        return failed("RTM_GETLINK", answer, last->name, interface.link.origin);
    return {};
}

Result<plan::LeftDevice> describe(Netlink& host, const Interface& interface, const Link& link) {
    plan::LeftDevice device{
        .interface = interface.index,
        .name = link.name,
        .altnames = link.altnames,
        .mtu = link.mtu,
        .up = (link.flags & IFF_UP) != 0,
        .hwaddr = link.hwaddr,
        .device = link.device,
        .permanent = link.permanent,
    };
    std::vector<InterfaceAddress> addresses;
    if (const NetlinkAnswer answer = list_addresses(host, link.index, addresses); answer.err != 0)
        return failed("RTM_GETADDR", answer, link.name, interface.link.origin);
    for (const auto& each : addresses)
        device.addresses.push_back({.address = to_text(each.address),
                                    .prefix = each.prefix,
                                    .broadcast = each.hasBroadcast ? to_text(each.broadcast) : "",
                                    .flags = each.flags,
                                    .valid = each.valid,
                                    .preferred = each.preferred});
    return device;
}

// The first refusal is told, and the rest is done all the same.
class Restoring {
  public:
    Restoring(Netlink& host, const plan::LeftDevice& device, int index)
        : host_(host), device_(device), index_(index) {}

    Status restore(const Link& now) {
        if (now.altnames != device_.altnames) // first: one of them may be the name that is to be given
            note(change_altnames(host_, RTM_DELLINKPROP, index_, now.altnames), "RTM_DELLINKPROP");
        if (now.name != device_.name) {
            note(set_down(host_, index_), "RTM_NEWLINK");
            note(set_name(host_, index_, device_.name), "RTM_NEWLINK(IFLA_IFNAME)");
        }
        if (now.altnames != device_.altnames)
            note(change_altnames(host_, RTM_NEWLINKPROP, index_, device_.altnames), "RTM_NEWLINKPROP");
        if (now.mtu != device_.mtu)
            note(set_mtu(host_, index_, static_cast<uint32_t>(device_.mtu)), "RTM_NEWLINK(IFLA_MTU)");
        HardwareAddress hwaddr{};
        if (now.hwaddr != device_.hwaddr && parse_hwaddr(device_.hwaddr, hwaddr))
            note(set_hwaddr(host_, index_, hwaddr), "RTM_NEWLINK(IFLA_ADDRESS)");
        if (device_.up)
            note(host_.send(link_change(index_, IFF_UP)), "RTM_NEWLINK(IFF_UP)");
        for (const auto& each : device_.addresses)
            restore_address(each);
        return std::move(first_);
    }

  private:
    void restore_address(const plan::LeftAddress& left) {
        InterfaceAddress address{.prefix = static_cast<uint8_t>(left.prefix),
                                 .hasBroadcast = !left.broadcast.empty(),
                                 .flags = static_cast<uint32_t>(left.flags),
                                 .valid = static_cast<uint32_t>(left.valid),
                                 .preferred = static_cast<uint32_t>(left.preferred)};
        if (!parse_ip(left.address, address.address) ||
            (address.hasBroadcast && !parse_ip(left.broadcast, address.broadcast)))
            return;
        NetlinkAnswer answer = add_address(host_, index_, address);
        if (answer.err != EEXIST) // the kernel has made it again
            note(std::move(answer), "RTM_NEWADDR");
    }

    void note(NetlinkAnswer answer, const char* request) {
        if (answer.err != 0 && first_.ok())
            first_ = failed(request, std::move(answer), device_.name, {});
    }

    Netlink& host_;
    const plan::LeftDevice& device_;
    const int index_;
    Status first_;
};

NetlinkAnswer move(Netlink& from, int index, const std::string& name, int attribute, int target) {
    NetlinkMessage message = link_change(index, 0);
    if (message) {
        nla_put_string(message.get(), IFLA_IFNAME, name.c_str());
        nla_put_u32(message.get(), attribute, static_cast<uint32_t>(target));
    }
    return from.send(message);
}

} // namespace

Status lend(Making& making, const Interface& interface, InterfaceInfo& info) {
    Link link;
    TRY(find_device(making.host, interface, link));
    plan::LeftDevice device = TRY(describe(making.host, interface, link));
    TRY(making.will_leave({std::move(device)}));
    if (const auto answer = change_altnames(making.host, RTM_DELLINKPROP, link.index, link.altnames);
        answer.err != 0)
        return failed("RTM_DELLINKPROP", answer, link.name, interface.link.origin);
    const std::string temporary = temporary_name(interface);
    if (const auto answer = move(making.host, link.index, temporary, IFLA_NET_NS_PID, making.child);
        answer.err != 0)
        return failed("RTM_NEWLINK(IFLA_NET_NS_PID)", answer, link.name, interface.link.origin);
    info.link = link.name;
    info.name = link.name;
    Link inside;
    if (const auto answer = find_link(making.inside, temporary, inside); answer.err != 0)
        return failed("RTM_GETLINK", answer, link.name, interface.link.origin);
    info.insideIndex = inside.index;
    HardwareAddress hwaddr{};
    if (parse_hwaddr(interface.hwaddr.value, hwaddr))
        if (const auto answer = set_hwaddr(making.inside, inside.index, hwaddr); answer.err != 0)
            return failed("RTM_NEWLINK(IFLA_ADDRESS)", answer, link.name, interface.hwaddr.origin);
    return {};
}

Status give_back(Netlink& host, const UniqueFd& networkNamespace, const plan::LeftDevice& device,
                 int insideIndex) {
    const UniqueFd home{open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)};
    if (!home)
        return syscall_failure("network", "open", "/proc/self/ns/net");
    Link link;
    if (insideIndex != 0) {
        Netlink inside;
        TRY(inside.open_in(networkNamespace));
        const std::string passing = "tlxcback" + std::to_string(insideIndex);
        if (const auto answer = move(inside, insideIndex, passing, IFLA_NET_NS_FD, home.get());
            answer.err != 0)
            return failed("RTM_NEWLINK(IFLA_NET_NS_FD)", answer, device.name, {});
        if (const auto answer = find_link(host, passing, link); answer.err != 0)
            return failed("RTM_GETLINK", answer, device.name, {});
    } else if (const auto answer = find_link(host, device.name, link); answer.err != 0) {
        return failed("RTM_GETLINK", answer, device.name, {});
    }
    return Restoring(host, device, link.index).restore(link);
}

Result<bool> recover(Netlink& host, const plan::LeftDevice& device) {
    std::vector<Link> all;
    if (const auto answer = list_links(host, all); answer.err != 0)
        return failed("RTM_GETLINK", answer, device.name, {});
    // A virtual device has no marks of its own; the kernel deletes it with its namespace.
    const auto found = std::ranges::find_if(all, [&](const Link& link) {
        if (device.device.empty())
            return link.name == device.name && link.hwaddr == device.hwaddr; // it was never lent
        return link.device == device.device && link.permanent == device.permanent;
    });
    if (found == all.end())
        return false;
    const Link link = *found;
    TRY(Restoring(host, device, link.index).restore(link));
    return true;
}

} // namespace tlxc::network
