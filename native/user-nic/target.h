// The network namespace that takes the container's end.
#pragma once
#include <sys/types.h>

#include "common/unique_fd.h"

namespace tlxc::user_nic {

// That of process pid, opened with no more rights than the user's own; none unless its user namespace was
// made by that user. Whoever made it may do anything in there, and nobody else is given anything.
[[nodiscard]] UniqueFd open_own_network(pid_t pid, uid_t user);

} // namespace tlxc::user_nic
