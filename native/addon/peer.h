// The process at the other end of a connected Unix socket.
#pragma once
#include <sys/types.h>

namespace tlxc {

// How it stands with it, as the kernel tells.
struct PeerStanding {
    pid_t pid = 0;
    // proc(5): R, S, D, T, t, Z; '?' where it cannot be seen.
    char state = '?';
    // How often it gave the processor away: one that makes progress does so again.
    long switches = 0;
};

[[nodiscard]] PeerStanding standing_of_peer(int socket);

// Whether who listens at the other end is to be believed what it says of a container: root, or who asks.
[[nodiscard]] bool peer_is_trusted(int socket);

} // namespace tlxc
