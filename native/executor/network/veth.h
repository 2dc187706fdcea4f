// A veth pair: one end on the host, on a bridge or routed to; the other inside.
#pragma once
#include "executor/network/network_parts.h"

namespace tlxc::network {

// Makes both ends (the container's is born in its network namespace, under its temporary name), joins the
// host's end to its bridge, brings it up, and routes to it. Fills the host's half of info; once hostIndex is
// set, the caller removes it on failure.
[[nodiscard]] Status make_veth(Making& making, const plan::Interface& interface, InterfaceInfo& info);

} // namespace tlxc::network
