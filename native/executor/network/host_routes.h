// What the host routes to a container by the host's end of a veth.
#pragma once
#include "executor/network/network_parts.h"

namespace tlxc::network {

[[nodiscard]] Status add_host_routes(Netlink& host, const InterfaceInfo& info,
                                     const std::vector<plan::HostRoute>& routes);

// Router mode: the host's end forwards, answers for the gateways, and is the way to the container's
// addresses. After the container's end is up: an end without a carrier forgets whom it answers for.
[[nodiscard]] Status route_to_container(Netlink& host, const plan::Interface& interface,
                                        const InterfaceInfo& info);

} // namespace tlxc::network
