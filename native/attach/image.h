// The bytes an attach hands to its child: tlxc-enter itself, and the container's compiled seccomp filter.
#pragma once
#include <linux/filter.h>

#include <vector>

#include "common/result.h"

namespace tlxc {

// tlxc-enter as a sealed memory file: what is mapped in a process that the container sees is nobody's file on
// disk, and nobody can write it. Read once a process, kept until its end; the descriptor is borrowed.
[[nodiscard]] Result<int> sealed_enter(const std::string& path);

// The filter in a memory file of the monitor's; empty for fd -1.
[[nodiscard]] Result<std::vector<sock_filter>> read_filter(int fd);

} // namespace tlxc
