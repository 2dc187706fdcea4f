// What init is given from outside, with the monitor's privilege: resource limits and files of its directory
// in the host's /proc (lxc.prlimit.*, lxc.proc.*).
#pragma once
#include "executor/running.h"

namespace tlxc::attributes {

// Last before init may be executed: a limit could be too low for what the child has to do before.
[[nodiscard]] Status apply(const plan::StartPlan& plan, pid_t child);

} // namespace tlxc::attributes
