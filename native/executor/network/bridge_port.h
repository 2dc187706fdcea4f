// The host's end of a veth as a port of a bridge, and the VLANs it is a member of.
#pragma once
#include "executor/network/network_parts.h"

namespace tlxc::network {

// link: the bridge, the kernel's own or one of Open vSwitch's.
[[nodiscard]] Status join_bridge(Making& making, const plan::Interface& interface, const InterfaceInfo& info,
                                 const Link& link);

} // namespace tlxc::network
