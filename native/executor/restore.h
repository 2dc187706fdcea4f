// A start from a checkpoint: CRIU makes init and everything below it as they were, and the monitor adopts
// them.
#pragma once
#include "executor/network/network.h"

namespace tlxc {

// As execute, for a plan with restore. On failure everything it made is gone again when it returns.
[[nodiscard]] Result<Running> restore(const plan::StartPlan& plan);

} // namespace tlxc
