// Network interfaces by netlink (libnl), never by running ip.
#pragma once
#include "executor/running.h"

namespace tlxc::network {

// Once the child has its new network namespace: brings loopback up in it, makes each veth pair, attaches the
// host end to its bridge, and gives the container's end its name, MAC address, addresses, gateways and flags.
// All of it from the host's side: the monitor sits in the child's namespace just long enough to open a
// netlink socket there, so the child needs neither the names nor a privilege. Nothing to do when the plan
// makes no network namespace. On failure every interface made is gone again.
// inside: a socket that the child has opened, for a monitor that may not enter its namespace; none: it
// enters.
[[nodiscard]] Result<std::vector<InterfaceInfo>> create(const plan::StartPlan& plan, pid_t child,
                                                        UniqueFd inside);
// In the child: a routing socket in its network namespace.
[[nodiscard]] Result<UniqueFd> open_socket();
// Deletes host ends that still exist (after a failed start; the kernel deletes them with the namespace
// otherwise).
void remove(const std::vector<InterfaceInfo>& interfaces);

} // namespace tlxc::network
