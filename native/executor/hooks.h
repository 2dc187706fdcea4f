// Hooks: programs of the administrator's, run with a clean environment, no descriptors but 0-2, and a
// deadline.
#pragma once
#include "executor/running.h"

namespace tlxc::hooks {

// Runs each hook in order, with base + extra as its environment and extraArgs after its argv. The first that
// fails ends the list. Works in the monitor and in the container's child alike (fork, exec, wait with a
// deadline).
[[nodiscard]] Status run(const std::vector<plan::Hook>& hooks, const char* name,
                         const std::vector<std::string>& base, const std::vector<std::string>& extra,
                         const std::vector<std::string>& extraArgs = {});

} // namespace tlxc::hooks
