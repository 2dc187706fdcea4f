// Network interfaces by netlink (libnl-route), never by running ip.
#pragma once
#include "executor/running.h"

namespace tlxc::network {

// Host side, privileged, once the child's network namespace exists: makes each veth pair, attaches the host end to its
// bridge, moves the other end into the namespace of child under a temporary name.
[[nodiscard]] Result<std::vector<InterfaceInfo>> create(const plan::StartPlan& plan, pid_t child);
// In the child, inside the new network namespace: loopback up; names, MAC addresses, addresses, gateways, up.
// Fills InterfaceInfo::name with the name really given.
[[nodiscard]] Status configure(const plan::StartPlan& plan, std::vector<InterfaceInfo>& interfaces);
// Deletes host ends that still exist (after a failed start; the kernel deletes them with the namespace otherwise).
void remove(const std::vector<InterfaceInfo>& interfaces);

} // namespace tlxc::network
