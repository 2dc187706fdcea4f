// A veth pair for a monitor without privilege: made by tlxc-user-nic, which the administrator lets do so.
#pragma once
#include "executor/network/network_parts.h"

namespace tlxc::network {

// Has the pair made and attached to its bridge; the container's end then has its temporary name (veth.h), its
// hardware address and mtu. A failure carries the program's own words in detail.
[[nodiscard]] Status have_veth_made(Making& making, const plan::Interface& interface, InterfaceInfo& info);

} // namespace tlxc::network
