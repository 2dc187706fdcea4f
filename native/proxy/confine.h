// From a process of the host's to one that has nothing but its sockets.
#pragma once
#include "common/forward_order.h"

namespace tlxc::proxy {

struct Home {
    int initPidfd = -1;
    // CLONE_NEW* of the container's: those entered with the monitor's rights, then those with what the first
    // gave.
    int first = 0, then = 0;
    bool paths =
        false; // sockets of the container's files are connected to: as its root would, whoever's they are
};

// Enters the container's namespaces (never that of its processes, who see nothing of this one) and becomes
// its root; gives up every capability, but with paths the one that a Unix socket's mode asks for; and lets
// itself be killed for any system call but those that carry bytes. err 0: done.
[[nodiscard]] forward::Answer confine(const Home& home);

} // namespace tlxc::proxy
