// lxc.net.[i].l2proxy: the host answers on the link for the container's addresses.
#pragma once
#include "executor/network/network_parts.h"

namespace tlxc::network {

// Refuses, by the switch's path, where the host would answer and then not forward.
[[nodiscard]] Status check_l2proxy(const plan::Interface& interface);
// After the interface is up, as route_to_container.
[[nodiscard]] Status add_l2proxy(Making& making, const plan::Interface& interface);
// What it left; what is gone already is no failure.
[[nodiscard]] NetlinkAnswer clear(Netlink& host, const plan::LeftProxy& proxy);
[[nodiscard]] NetlinkAnswer clear(Netlink& host, const plan::LeftRoute& route);

} // namespace tlxc::network
