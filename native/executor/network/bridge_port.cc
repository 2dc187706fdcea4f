#include "executor/network/bridge_port.h"

#include <linux/if_bridge.h>
#include <linux/neighbour.h>
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

NetlinkAnswer change_port(Netlink& host, int port, int attribute, uint8_t value) {
    NetlinkMessage message =
        netlink_message(RTM_SETLINK, kChange, ifinfomsg{.ifi_family = AF_BRIDGE, .ifi_index = port});
    if (message) {
        nlattr* const settings = nla_nest_start(message.get(), IFLA_PROTINFO | NLA_F_NESTED);
        nla_put_u8(message.get(), attribute, value);
        nla_nest_end(message.get(), settings);
    }
    return host.send(message);
}

// A locked port takes no frame of a sender that the bridge does not know to be there, and learns of none: so
// what it is told now stays all it knows. Sticky: no other port that sends with this address takes the entry
// to itself, and with it what is for the container. After the VLANs, each of which has an entry of its own
// then.
Status lock_to_sender(Netlink& host, const Interface& interface, const InterfaceInfo& info,
                      const plan::Origin& origin) {
    HardwareAddress own{};
    if (!parse_hwaddr(interface.hwaddr.value, own))
        return refused("bad-hardware-address", interface.hwaddr.value, interface.hwaddr.origin);
    for (const auto& [attribute, value] : {std::pair{IFLA_BRPORT_LEARNING, 0}, {IFLA_BRPORT_LOCKED, 1}})
        if (const auto answer = change_port(host, info.hostIndex, attribute, static_cast<uint8_t>(value));
            answer.err != 0)
            return failed("RTM_SETLINK(BRPORT)", answer, info.hostName, origin);
    const ndmsg entry{.ndm_family = AF_BRIDGE,
                      .ndm_ifindex = info.hostIndex,
                      .ndm_state = NUD_NOARP,
                      .ndm_flags = NTF_MASTER | NTF_STICKY};
    NetlinkMessage message = netlink_message(RTM_NEWNEIGH, kKeep, entry);
    if (message)
        nla_put(message.get(), NDA_LLADDR, static_cast<int>(own.size()), own.data());
    if (const NetlinkAnswer answer = host.send(message); answer.err != 0)
        return failed("RTM_NEWNEIGH(FDB)", answer, info.hostName, origin);
    return {};
}

} // namespace

Status join_bridge(Making& making, const Interface& interface, const InterfaceInfo& info, const Link& link) {
    const auto& veth = std::get<plan::VethDevice>(interface.device);
    // The port needs no IPv6 address of its own. A kernel without IPv6 has no such file.
    (void)sysctl::write(sysctl::path(AF_INET6, info.hostName, "disable_ipv6"), "1");
    if (open_vswitch::is_bridge(link)) {
        if (veth.ownFramesOnly)
            return refused("no-port-lock", link.name, *veth.ownFramesOnly);
        return open_vswitch::join(making, interface, info);
    }
    NetlinkMessage message = link_change(info.hostIndex, 0);
    if (message)
        nla_put_u32(message.get(), IFLA_MASTER, static_cast<uint32_t>(link.index));
    if (const NetlinkAnswer answer = making.host.send(message); answer.err != 0)
        return failed("RTM_NEWLINK(IFLA_MASTER)", answer, link.name, interface.link.origin);
    TRY(join_vlans(making.host, veth, info, link));
    if (veth.ownFramesOnly)
        TRY(lock_to_sender(making.host, interface, info, *veth.ownFramesOnly));
    return {};
}

} // namespace tlxc::network
