// Kernel parameters of the container's namespaces (lxc.sysctl.*).
#pragma once
#include "executor/running.h"

namespace tlxc::sysctl {

enum class When : bool { Late, Early };

// What the plan's parameters are written through, taken before the root is changed: a procfs in which the
// container can have put nothing.
struct Procs {
    UniqueFd hosts;
    UniqueFd own; // mounted nowhere
};
[[nodiscard]] Result<Procs> take(const plan::StartPlan& plan);

// In the child, in its namespaces: those of the plan that are due. Which namespaces a parameter is of is
// decided by the process that writes it, and not by the mount.
[[nodiscard]] Status write(const plan::StartPlan& plan, const Procs& procs, When when);

} // namespace tlxc::sysctl
