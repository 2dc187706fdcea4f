// Network interfaces as the kernel knows them: looked up, changed, deleted.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "executor/network/netlink.h"

namespace tlxc {

using HardwareAddress = std::array<uint8_t, 6>;

struct Link {
    int index = 0;
    unsigned int flags = 0;
    uint32_t mtu = 0;
    std::string name;
    std::string kind;      // "bridge", "veth" …; "": none, as hardware has it
    int master = 0;        // the bridge it is a port of
    int peer = 0;          // of a veth: its other end, in whatever namespace that is
    std::string hwaddr;    // as text; "": none of six bytes
    std::string permanent; // the address that the hardware was made with
    std::string
        device; // what the interface belongs to on its bus ("0000:00:03.0"); "": nothing, it is virtual
    std::vector<std::string> altnames;
    bool vlanFiltering = false; // of a bridge
    uint16_t defaultVlan = 0;   // of a bridge; 0: none
};

[[nodiscard]] NetlinkAnswer find_link(Netlink& netlink, const std::string& name, Link& out);
[[nodiscard]] NetlinkAnswer find_link(Netlink& netlink, int index, Link& out);
// All of them, in the order of their indexes.
[[nodiscard]] NetlinkAnswer list_links(Netlink& netlink, std::vector<Link>& out);
// ENODEV: it is gone already.
NetlinkAnswer delete_link(Netlink& netlink, int index);

// A change of an interface: sets the flags given, further attributes are the caller's.
[[nodiscard]] NetlinkMessage link_change(int index, unsigned int flags);
[[nodiscard]] NetlinkAnswer set_down(Netlink& netlink, int index);
[[nodiscard]] NetlinkAnswer set_name(Netlink& netlink, int index, const std::string& name);
[[nodiscard]] NetlinkAnswer set_mtu(Netlink& netlink, int index, uint32_t mtu);
[[nodiscard]] NetlinkAnswer set_hwaddr(Netlink& netlink, int index, const HardwareAddress& address);
// type: RTM_NEWLINKPROP or RTM_DELLINKPROP.
[[nodiscard]] NetlinkAnswer change_altnames(Netlink& netlink, int type, int index,
                                            const std::vector<std::string>& names);

// false: the text is no hardware address.
[[nodiscard]] bool parse_hwaddr(const std::string& text, HardwareAddress& out);

} // namespace tlxc
