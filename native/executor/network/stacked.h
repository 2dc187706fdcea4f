// Interfaces that sit on one of the host's: macvlan, ipvlan, vlan.
#pragma once
#include "executor/network/network_parts.h"

namespace tlxc::network {

// Makes it where it belongs, in the container's network namespace, under its temporary name: the host never
// has it.
[[nodiscard]] Status make_stacked(Making& making, const plan::Interface& interface);

} // namespace tlxc::network
