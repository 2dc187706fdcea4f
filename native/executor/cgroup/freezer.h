// A container's processes stopped where they are, and set free again: by version 1's freezer where the
// container has a group in it, else by version 2.
#pragma once
#include "executor/running.h"

namespace tlxc::cgroup {

[[nodiscard]] bool frozen(const std::vector<CgroupPlace>& places);
// Asks for it: the kernel stops each process when it next can (frozen tells). "no-freezer": nothing here
// freezes.
[[nodiscard]] Status freeze(const std::vector<CgroupPlace>& places);
void thaw(const std::vector<CgroupPlace>& places);
// For those that are to die: what the container froze itself, a container in it for one, which thaw leaves
// alone. Version 1 lets no frozen process die of its SIGKILL, and PID 1 ends after all others.
// One pass: what is frozen again meanwhile takes a second kill.
void release(const std::vector<CgroupPlace>& places);

} // namespace tlxc::cgroup
