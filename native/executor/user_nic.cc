#include "executor/user_nic.h"

#include <netlink/addr.h>
#include <sys/socket.h>

#include "common/program.h"
#include "executor/network_failure.h"
#include "executor/veth.h"

namespace tlxc::network {
namespace {

using plan::Interface;
using Fields = std::vector<std::string>;

Fields split(const std::string& line) {
    Fields fields{""};
    for (const char c : line) {
        if (c == '\n')
            break;
        if (c == ':')
            fields.emplace_back();
        else
            fields.back() += c;
    }
    return fields;
}

// What the program cannot be asked for; the monitor may change what lies in the container's own namespace.
Status dress(const Interface& interface, const Ends& ends, uint32_t mtu) {
    Link link;
    const std::string name = temporary_name(interface);
    if (const NetlinkAnswer answer = ends.inside.link(name, link); answer.err != 0)
        return failed("RTM_GETLINK", answer, name, interface.origin);
    NetlinkMessage message = link_change(link.index, 0);
    if (message && mtu != 0)
        nla_put_u32(message.get(), IFLA_MTU, mtu);
    if (message && !interface.hwaddr.empty()) {
        nl_addr* parsed = nullptr;
        if (nl_addr_parse(interface.hwaddr.c_str(), AF_LLC, &parsed) != 0)
            return refused("bad-hardware-address", interface.hwaddr, interface.origin);
        nla_put_addr(message.get(), IFLA_ADDRESS, parsed);
        nl_addr_put(parsed);
    }
    if (const NetlinkAnswer answer = ends.inside.send(message); answer.err != 0)
        return failed("RTM_NEWLINK", answer, name, interface.origin);
    return {};
}

} // namespace

Status have_veth_made(const plan::StartPlan& plan, const Interface& interface, const Ends& ends,
                      InterfaceInfo& info) {
    auto printed =
        run_program("network", {plan.user->nic, "create", plan.lxcpath, plan.name, std::to_string(ends.child),
                                "veth", interface.link, temporary_name(interface)});
    if (!printed.ok()) {
        printed.failure().syscall = "tlxc-user-nic";
        printed.failure().path = interface.link;
        return at(std::move(printed.failure()), interface.origin);
    }
    const Fields fields = split(printed.value());
    if (fields.size() != 4)
        return refused("tlxc-user-nic gave no answer", interface.link, interface.origin);
    info.hostName = fields[2];
    Link hostEnd;
    if (ends.host.link(info.hostName, hostEnd).err == 0)
        info.hostIndex = hostEnd.index;
    return dress(interface, ends, static_cast<uint32_t>(interface.mtu));
}

} // namespace tlxc::network
