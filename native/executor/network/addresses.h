// Addresses of interfaces, routes to them, and neighbours that the host answers for.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "executor/network/netlink.h"

namespace tlxc {

// An IPv4 or IPv6 address as the kernel takes it.
struct IpAddress {
    int family = 0;
    std::array<uint8_t, 16> bytes{};
    [[nodiscard]] int size() const;
    [[nodiscard]] int bits() const { return size() * 8; }
};

// false: the text is none.
[[nodiscard]] bool parse_ip(const std::string& text, IpAddress& out);
[[nodiscard]] std::string to_text(const IpAddress& address);

// An address that an interface has, or is to have.
struct InterfaceAddress {
    IpAddress address;
    uint8_t prefix = 0;
    bool hasBroadcast = false;
    IpAddress broadcast;
    uint32_t flags = 0; // IFA_F_*, those that somebody sets
    // seconds; the kernel's "for ever"
    uint32_t valid = ~0U;
    uint32_t preferred = ~0U;
};
// request: kMake, or kKeep where one that is there already is no error.
[[nodiscard]] NetlinkAnswer add_address(Netlink& netlink, int index, const InterfaceAddress& address,
                                        int request = kMake);
[[nodiscard]] NetlinkAnswer remove_address(Netlink& netlink, int index, const IpAddress& address, int prefix);
// Those somebody gave the interface: the kernel makes link-local ones itself.
[[nodiscard]] NetlinkAnswer list_addresses(Netlink& netlink, int index, std::vector<InterfaceAddress>& out);
// As text, none where there is none: for IPv6 a global one before a link-local one.
[[nodiscard]] NetlinkAnswer primary_address(Netlink& netlink, int index, int family, std::string& out);

struct Route {
    int family;
    int index;
    const IpAddress* destination; // null: the default route
    int prefix;
    const IpAddress* gateway; // null: on the link itself
};
// type: RTM_NEWROUTE or RTM_DELROUTE.
[[nodiscard]] NetlinkAnswer change_route(Netlink& netlink, int type, const Route& route);

// type: RTM_NEWNEIGH or RTM_DELNEIGH. The host answers for address on the link (proxy ARP, proxy NDP).
[[nodiscard]] NetlinkAnswer change_proxy(Netlink& netlink, int type, int index, const IpAddress& address);

} // namespace tlxc
