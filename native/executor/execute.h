// A start, performed from top to bottom as the plan says. execute.cc is its table of contents.
#pragma once
#include "executor/running.h"

namespace tlxc {

// Runs the whole start sequence. On failure everything it made is gone again when it returns.
[[nodiscard]] Result<Running> execute(const plan::StartPlan& plan);

} // namespace tlxc
