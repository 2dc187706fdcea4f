// A start, performed from top to bottom as the plan says. execute.cc is its table of contents.
#pragma once
#include "executor/network/network.h"

namespace tlxc {

// Runs the whole start sequence. On failure everything it made is gone again when it returns. record keeps
// what would outlive this process on the host.
[[nodiscard]] Result<Running> execute(const plan::StartPlan& plan, const network::Record& record);

} // namespace tlxc
