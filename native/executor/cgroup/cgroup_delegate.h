// Handing the inner groups to the container's root: directories, and the files that make and fill groups,
// never a limit.
#pragma once
#include "executor/running.h"

namespace tlxc::cgroup {

// inner: the open inner group of each place. A user's stay open to the user's own group as well, for attach
// and stop.
[[nodiscard]] Status delegate(const plan::StartPlan& plan, const std::vector<CgroupPlace>& places,
                              const std::vector<UniqueFd>& inner);

} // namespace tlxc::cgroup
