// The veth pair itself.
#pragma once
#include <sys/types.h>

#include <string>

#include "executor/network/link.h"

namespace tlxc::user_nic {

struct Pair {
    std::string inside; // the container's end; "": eth0, eth1 … whichever is free there
    int insideIndex = 0;
    std::string outside; // the host's end
    int outsideIndex = 0;
};

// A name that no interface has: vethUID_XXXX.
[[nodiscard]] std::string free_name(Netlink& host, uid_t user);
// Makes the pair, the host's end a port of bridge from its first moment, the other one in the namespace
// network. Fills the pair. On failure nothing of it is left.
[[nodiscard]] bool make_pair(Netlink& host, const Link& bridge, int network, Pair& pair);

} // namespace tlxc::user_nic
