#include "executor/network/link.h"

#include <net/if.h>

#include <algorithm>
#include <cstdio>

namespace tlxc {
namespace {

std::string hwaddr_text(const nlattr* attribute) {
    if (attribute == nullptr || nla_len(attribute) != 6)
        return {};
    const auto* b = static_cast<const uint8_t*>(nla_data(attribute));
    char text[18];
    snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
    return text;
}

void read_kind(nlattr* linkInfo, Link& out) {
    nlattr* info[IFLA_INFO_MAX + 1];
    if (nla_parse_nested(info, IFLA_INFO_MAX, linkInfo, nullptr) != 0 || info[IFLA_INFO_KIND] == nullptr)
        return;
    out.kind = nla_get_string(info[IFLA_INFO_KIND]);
    nlattr* bridge[IFLA_BR_MAX + 1];
    if (out.kind != "bridge" || info[IFLA_INFO_DATA] == nullptr ||
        nla_parse_nested(bridge, IFLA_BR_MAX, info[IFLA_INFO_DATA], nullptr) != 0)
        return;
    if (bridge[IFLA_BR_VLAN_FILTERING] != nullptr)
        out.vlanFiltering = nla_get_u8(bridge[IFLA_BR_VLAN_FILTERING]) != 0;
    if (bridge[IFLA_BR_VLAN_DEFAULT_PVID] != nullptr)
        out.defaultVlan = nla_get_u16(bridge[IFLA_BR_VLAN_DEFAULT_PVID]);
}

void read_link(nlmsghdr* header, Link& out) {
    nlattr* found[IFLA_MAX + 1];
    if (header->nlmsg_type != RTM_NEWLINK ||
        nlmsg_parse(header, sizeof(ifinfomsg), found, IFLA_MAX, nullptr) != 0)
        return;
    const auto* link = static_cast<ifinfomsg*>(nlmsg_data(header));
    out.index = link->ifi_index;
    out.flags = link->ifi_flags;
    const auto text = [&](int type) {
        return found[type] == nullptr ? std::string() : std::string(nla_get_string(found[type]));
    };
    const auto number = [&](int type) { return found[type] == nullptr ? 0 : nla_get_u32(found[type]); };
    out.mtu = number(IFLA_MTU);
    out.master = static_cast<int>(number(IFLA_MASTER));
    out.peer = static_cast<int>(number(IFLA_LINK));
    out.name = text(IFLA_IFNAME);
    out.device = text(IFLA_PARENT_DEV_NAME);
    out.hwaddr = hwaddr_text(found[IFLA_ADDRESS]);
    out.permanent = hwaddr_text(found[IFLA_PERM_ADDRESS]);
    if (found[IFLA_LINKINFO] != nullptr)
        read_kind(found[IFLA_LINKINFO], out);
    if (found[IFLA_PROP_LIST] == nullptr)
        return;
    int left = 0;
    nlattr* each = nullptr;
    nla_for_each_nested(each, found[IFLA_PROP_LIST], left) if (nla_type(each) == IFLA_ALT_IFNAME)
        out.altnames.emplace_back(nla_get_string(each));
}

NetlinkAnswer get_link(Netlink& netlink, const NetlinkMessage& message, Link& out) {
    out = Link{};
    return netlink.ask(message, [&out](nlmsghdr* header) { read_link(header, out); });
}

} // namespace

NetlinkAnswer find_link(Netlink& netlink, const std::string& name, Link& out) {
    NetlinkMessage message = netlink_message(RTM_GETLINK, kChange, ifinfomsg{});
    if (message)
        nla_put_string(message.get(), IFLA_IFNAME, name.c_str());
    return get_link(netlink, message, out);
}

NetlinkAnswer find_link(Netlink& netlink, int index, Link& out) {
    ifinfomsg header{};
    header.ifi_index = index;
    return get_link(netlink, netlink_message(RTM_GETLINK, kChange, header), out);
}

NetlinkAnswer list_links(Netlink& netlink, std::vector<Link>& out) {
    const NetlinkMessage message = netlink_message(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, ifinfomsg{});
    NetlinkAnswer answer =
        netlink.ask(message, [&out](nlmsghdr* header) { read_link(header, out.emplace_back()); });
    std::ranges::sort(out, {}, &Link::index);
    return answer;
}

NetlinkAnswer delete_link(Netlink& netlink, int index) {
    ifinfomsg header{};
    header.ifi_index = index;
    return netlink.send(netlink_message(RTM_DELLINK, kChange, header));
}

NetlinkMessage link_change(int index, unsigned int flags) {
    ifinfomsg header{};
    header.ifi_index = index;
    header.ifi_flags = flags;
    header.ifi_change = flags;
    return netlink_message(RTM_NEWLINK, kChange, header);
}

NetlinkAnswer set_down(Netlink& netlink, int index) {
    ifinfomsg header{};
    header.ifi_index = index;
    header.ifi_change = IFF_UP;
    return netlink.send(netlink_message(RTM_NEWLINK, kChange, header));
}

NetlinkAnswer set_name(Netlink& netlink, int index, const std::string& name) {
    NetlinkMessage message = link_change(index, 0);
    if (message)
        nla_put_string(message.get(), IFLA_IFNAME, name.c_str());
    return netlink.send(message);
}

NetlinkAnswer set_mtu(Netlink& netlink, int index, uint32_t mtu) {
    NetlinkMessage message = link_change(index, 0);
    if (message)
        nla_put_u32(message.get(), IFLA_MTU, mtu);
    return netlink.send(message);
}

NetlinkAnswer set_hwaddr(Netlink& netlink, int index, const HardwareAddress& address) {
    NetlinkMessage message = link_change(index, 0);
    if (message)
        nla_put(message.get(), IFLA_ADDRESS, static_cast<int>(address.size()), address.data());
    return netlink.send(message);
}

NetlinkAnswer change_altnames(Netlink& netlink, int type, int index, const std::vector<std::string>& names) {
    if (names.empty())
        return {};
    ifinfomsg header{};
    header.ifi_index = index;
    NetlinkMessage message =
        netlink_message(type, type == RTM_NEWLINKPROP ? kMake | NLM_F_APPEND : kChange, header);
    if (message) {
        nlattr* const list = nla_nest_start(message.get(), IFLA_PROP_LIST);
        for (const auto& name : names)
            nla_put_string(message.get(), IFLA_ALT_IFNAME, name.c_str());
        nla_nest_end(message.get(), list);
    }
    return netlink.send(message);
}

bool parse_hwaddr(const std::string& text, HardwareAddress& out) {
    unsigned int b[6];
    int end = 0;
    if (sscanf(text.c_str(), "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5], &end) !=
            6 ||
        static_cast<size_t>(end) != text.size())
        return false;
    std::ranges::copy(b, out.begin());
    return true;
}

} // namespace tlxc
