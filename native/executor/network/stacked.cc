#include "executor/network/stacked.h"

namespace tlxc::network {
namespace {

using plan::Interface;

uint32_t mode_of(plan::MacvlanMode mode) {
    switch (mode) {
    case plan::MacvlanMode::Private:
        return MACVLAN_MODE_PRIVATE;
    case plan::MacvlanMode::Vepa:
        return MACVLAN_MODE_VEPA;
    case plan::MacvlanMode::Bridge:
        return MACVLAN_MODE_BRIDGE;
    case plan::MacvlanMode::Passthru:
        break;
    }
    return MACVLAN_MODE_PASSTHRU;
}

uint16_t mode_of(plan::IpvlanMode mode) {
    switch (mode) {
    case plan::IpvlanMode::L2:
        return IPVLAN_MODE_L2;
    case plan::IpvlanMode::L3:
        return IPVLAN_MODE_L3;
    case plan::IpvlanMode::L3s:
        break;
    }
    return IPVLAN_MODE_L3S;
}

uint16_t flags_of(plan::IpvlanIsolation isolation) {
    switch (isolation) {
    case plan::IpvlanIsolation::Bridge:
        return 0;
    case plan::IpvlanIsolation::Private:
        return IPVLAN_F_PRIVATE;
    case plan::IpvlanIsolation::Vepa:
        break;
    }
    return IPVLAN_F_VEPA;
}

// The kernel's name for the type, and the settings that only it has.
struct Kind {
    const char* name;
    const char* request;
    const plan::Origin& origin;
};

Kind kind_of(const Interface& interface) {
    if (std::holds_alternative<plan::MacvlanDevice>(interface.device))
        return {"macvlan", "RTM_NEWLINK(macvlan)", interface.origin};
    if (std::holds_alternative<plan::IpvlanDevice>(interface.device))
        return {"ipvlan", "RTM_NEWLINK(ipvlan)", interface.origin};
    return {"vlan", "RTM_NEWLINK(vlan)", std::get<plan::VlanDevice>(interface.device).id.origin};
}

void put_settings(nl_msg* message, const plan::Device& device) {
    if (const auto* macvlan = std::get_if<plan::MacvlanDevice>(&device)) {
        nla_put_u32(message, IFLA_MACVLAN_MODE, mode_of(macvlan->mode));
    } else if (const auto* ipvlan = std::get_if<plan::IpvlanDevice>(&device)) {
        nla_put_u16(message, IFLA_IPVLAN_MODE, mode_of(ipvlan->mode));
        nla_put_u16(message, IFLA_IPVLAN_FLAGS, flags_of(ipvlan->isolation));
    } else if (const auto* vlan = std::get_if<plan::VlanDevice>(&device)) {
        nla_put_u16(message, IFLA_VLAN_ID, static_cast<uint16_t>(vlan->id.value));
    }
}

} // namespace

Status make_stacked(Making& making, const Interface& interface) {
    const Kind kind = kind_of(interface);
    Link link;
    TRY(find_link_of(making.host, interface, link));
    NetlinkMessage message = netlink_message(RTM_NEWLINK, kMake, ifinfomsg{});
    if (nl_msg* const m = message.get()) {
        nla_put_string(m, IFLA_IFNAME, temporary_name(interface).c_str());
        nla_put_u32(m, IFLA_LINK, static_cast<uint32_t>(link.index));
        nla_put_u32(m, IFLA_NET_NS_PID, static_cast<uint32_t>(making.child));
        HardwareAddress hwaddr{};
        if (parse_hwaddr(interface.hwaddr.value, hwaddr))
            nla_put(m, IFLA_ADDRESS, static_cast<int>(hwaddr.size()), hwaddr.data());
        nlattr* const info = nla_nest_start(m, IFLA_LINKINFO);
        nla_put_string(m, IFLA_INFO_KIND, kind.name);
        nlattr* const data = nla_nest_start(m, IFLA_INFO_DATA);
        put_settings(m, interface.device);
        nla_nest_end(m, data);
        nla_nest_end(m, info);
    }
    const NetlinkAnswer made = making.host.send(message);
    if (made.err != 0)
        return failed(kind.request, made, link.name,
                      made.err == EADDRNOTAVAIL ? interface.hwaddr.origin : kind.origin);
    return {};
}

} // namespace tlxc::network
