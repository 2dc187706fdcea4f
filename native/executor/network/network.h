// The container's network interfaces by netlink (libnl), never by running ip.
#pragma once
#include "executor/network/network_parts.h"

namespace tlxc::network {

struct Place {
    pid_t child;
    UniqueFd
        socket; // that the child has opened, for a monitor that may not enter its namespace; none: it enters
};

// Once the child has its new network namespace: brings loopback up in it, makes each interface, connects it
// to its link, and gives it its name, MAC address, addresses, gateways and flags. All of it from the host's
// side: the monitor sits in the child's namespace just long enough to open a netlink socket there, so the
// child needs neither the names nor a privilege. Nothing to do when the plan makes no network namespace. made
// says what is there, also after a failure: remove it then.
[[nodiscard]] Status create(const plan::StartPlan& plan, Place place, const Record& record, Network& made);
// In the child: a routing socket in its network namespace.
[[nodiscard]] Result<UniqueFd> open_socket();
// Deletes host ends that still exist (after a failed start; the kernel deletes them with the namespace
// otherwise), gives lent interfaces back, clears what else was left, and with that its record. A record that
// stays is the next sweep's.
[[nodiscard]] Status remove(const Network& network, const Record& record);

} // namespace tlxc::network
