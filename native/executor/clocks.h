// The time namespace and its clocks (lxc.time.offset.*).
#pragma once
#include "executor/running.h"

namespace tlxc::clocks {

// In the child, while it still has the monitor's user id, to which its /proc files belong: a new time
// namespace is made, its offsets are written, and only then is it entered: from the first process in it they
// are fixed.
[[nodiscard]] Status enter(const plan::StartPlan& plan);

} // namespace tlxc::clocks
