// An interface of the container's whose frames a process of the host's reads and writes.
#pragma once
#include <sys/types.h>

#include "common/result.h"
#include "common/unique_fd.h"

namespace tlxc::network {

// Made by a process of ours that joins the child's user and network namespace, with the caller's rights to
// /dev/net/tun. The interface lasts as long as the descriptor, which is non-blocking.
[[nodiscard]] Result<UniqueFd> make_tap(pid_t child, const std::string& name);

} // namespace tlxc::network
