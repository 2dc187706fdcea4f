// A start, performed from top to bottom as the plan says. execute.cc is its table of contents.
#pragma once
#include "executor/cgroup/cgroup.h"
#include "executor/network/network.h"

namespace tlxc {

// Runs the whole start sequence. On failure everything it made is gone again when it returns. record keeps
// what would outlive this process on the host; kept are the groups of the run before.
[[nodiscard]] Result<Running> execute(const plan::StartPlan& plan, const network::Record& record,
                                      cgroup::Kept kept);

} // namespace tlxc
