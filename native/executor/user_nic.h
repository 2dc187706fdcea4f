// A veth pair for a monitor without privilege: made by tlxc-user-nic, which the administrator lets do so.
#pragma once
#include "executor/netlink.h"
#include "executor/running.h"

namespace tlxc::network {

struct Ends {
    pid_t child;
    Netlink& host;
    Netlink& inside;
};

// Has the pair made and attached to its bridge; the container's end then has its temporary name (veth.h), its
// hardware address and mtu. A failure carries the program's own words in detail.
[[nodiscard]] Status have_veth_made(const plan::StartPlan& plan, const plan::Interface& interface,
                                    const Ends& ends, InterfaceInfo& info);

} // namespace tlxc::network
