// The process at the other end of a connected Unix socket.
#pragma once

namespace tlxc {

// Whether it runs, or would if it were given the processor: neither stopped, nor traced, nor stuck in the
// kernel. False where it cannot be seen.
[[nodiscard]] bool peer_is_working(int socket);

// Whether who listens at the other end is to be believed what it says of a container: root, or who asks.
[[nodiscard]] bool peer_is_trusted(int socket);

} // namespace tlxc
