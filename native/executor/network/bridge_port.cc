#include "executor/network/bridge_port.h"

#include <linux/if_bridge.h>
#include <sys/socket.h>

#include "executor/network/network_sysctl.h"
#include "executor/network/open_vswitch.h"

namespace tlxc::network {
namespace {

using plan::Interface;

// VethDevice::vlan
constexpr int64_t kBridgesOwn = -2;
constexpr int64_t kNone = -1;

NetlinkAnswer change_vlan(Netlink& host, int type, int port, int64_t id, uint16_t flags) {
    ifinfomsg header{};
    header.ifi_family = AF_BRIDGE;
    header.ifi_index = port;
    NetlinkMessage message = netlink_message(type, kChange, header);
    if (message) {
        nlattr* const settings = nla_nest_start(message.get(), IFLA_AF_SPEC);
        nla_put_u16(message.get(), IFLA_BRIDGE_FLAGS, BRIDGE_FLAGS_MASTER);
        const bridge_vlan_info vlan{.flags = flags, .vid = static_cast<uint16_t>(id)};
        nla_put(message.get(), IFLA_BRIDGE_VLAN_INFO, sizeof vlan, &vlan);
        nla_nest_end(message.get(), settings);
    }
    return host.send(message);
}

Status join_vlans(Netlink& host, const plan::VethDevice& veth, const InterfaceInfo& info,
                  const Link& bridge) {
    const int64_t untagged = veth.vlan.value;
    if (untagged == kBridgesOwn && veth.taggedVlans.empty())
        return {};
    if (!bridge.vlanFiltering)
        return refused("no-vlan-filtering", bridge.name,
                       untagged == kBridgesOwn ? veth.taggedVlans.front().origin : veth.vlan.origin);
    if (untagged != kBridgesOwn && bridge.defaultVlan != 0 && bridge.defaultVlan != untagged) {
        const NetlinkAnswer left = change_vlan(host, RTM_DELLINK, info.hostIndex, bridge.defaultVlan, 0);
        if (left.err != 0)
            return failed("RTM_DELLINK(VLAN)", left, info.hostName, veth.vlan.origin);
    }
    const auto join = [&](const plan::PlacedNumber& id, uint16_t flags) -> Status {
        const NetlinkAnswer joined = change_vlan(host, RTM_SETLINK, info.hostIndex, id.value, flags);
        if (joined.err != 0)
            return failed("RTM_SETLINK(VLAN)", joined, info.hostName, id.origin);
        return {};
    };
    if (untagged != kBridgesOwn && untagged != kNone)
        TRY(join(veth.vlan, BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED));
    for (const auto& id : veth.taggedVlans)
        TRY(join(id, 0));
    return {};
}

} // namespace

Status join_bridge(Making& making, const Interface& interface, const InterfaceInfo& info, const Link& link) {
    const auto& veth = std::get<plan::VethDevice>(interface.device);
    // The port needs no IPv6 address of its own. A kernel without IPv6 has no such file.
    (void)sysctl::write(sysctl::path(AF_INET6, info.hostName, "disable_ipv6"), "1");
    if (open_vswitch::is_bridge(link))
        return open_vswitch::join(making, interface, info);
    NetlinkMessage message = link_change(info.hostIndex, 0);
    if (message)
        nla_put_u32(message.get(), IFLA_MASTER, static_cast<uint32_t>(link.index));
    if (const NetlinkAnswer answer = making.host.send(message); answer.err != 0)
        return failed("RTM_NEWLINK(IFLA_MASTER)", answer, link.name, interface.link.origin);
    return join_vlans(making.host, veth, info, link);
}

} // namespace tlxc::network
