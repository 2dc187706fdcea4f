// Ports of Open vSwitch's bridges. They are rows of a database that outlives interfaces, and its own tool,
// ovs-vsctl, is the way to it: the one program that the executor runs which no configuration names.
#pragma once
#include "executor/network/network_parts.h"

namespace tlxc::network::open_vswitch {

// By the interface that bears the bridge's name: of the kernel's datapath, or of the one in user space.
[[nodiscard]] bool is_bridge(const Link& link);
// Adds the host's end as a port, with its VLANs.
[[nodiscard]] Status join(Making& making, const plan::Interface& interface, const InterfaceInfo& info);
// The port is gone afterwards, whether it was there or not.
[[nodiscard]] Status leave(const plan::LeftPort& port);

} // namespace tlxc::network::open_vswitch
