// The host's half of a veth pair.
#pragma once
#include "executor/netlink.h"
#include "executor/running.h"

namespace tlxc::network {

// The name that the container's end bears until it gets its own.
[[nodiscard]] std::string temporary_name(const plan::Interface& interface);
// Looks the bridge up, makes both ends (the container's is born in the network namespace of child, under its
// temporary name), attaches the host's end and brings it up. Fills info but for the name inside; once
// hostIndex is set, the caller removes it on failure.
[[nodiscard]] Status make_veth(Netlink& host, const plan::Interface& interface, pid_t child,
                               InterfaceInfo& info);

} // namespace tlxc::network
