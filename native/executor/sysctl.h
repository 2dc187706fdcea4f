// Kernel parameters of the container's namespaces (lxc.sysctl.*).
#pragma once
#include "executor/running.h"

namespace tlxc::sysctl {

enum class When : bool { Late, Early };

// In the child, in its namespaces: those of the plan that are due. proc: a procfs of the host's, opened
// before the root was changed, where the container can have put nothing. Which namespaces a parameter is of
// is decided by the process that writes it, and not by the mount.
[[nodiscard]] Status write(const plan::StartPlan& plan, const UniqueFd& proc, When when);

} // namespace tlxc::sysctl
