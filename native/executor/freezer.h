// Whether a container's processes are frozen, and their release.
#pragma once
#include "executor/running.h"

namespace tlxc::cgroup {

[[nodiscard]] bool frozen(const std::vector<CgroupPlace>& places);
void thaw(const std::vector<CgroupPlace>& places);

} // namespace tlxc::cgroup
