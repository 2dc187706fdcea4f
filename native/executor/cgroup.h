// The container's control groups: two levels, so that no limit can be lifted from inside. Limits and the
// device list sit on limitGroup; the container's cgroup namespace is rooted at innerGroup.
#pragma once
#include "executor/running.h"

namespace tlxc::cgroup {

// Moves the monitor itself into its own groups. Called once, before anything else.
[[nodiscard]] Status enter_monitor(const plan::StartPlan& plan);
// Makes limit and inner groups in every hierarchy (enabling v2 controllers on the way down), writes the
// limits, attaches the v2 device program, delegates the inner group to the container's root. A group of that
// name which nobody owns and nobody is in is taken over, empty; one in use: the next suffix, or an error. On
// failure every group made is gone again.
[[nodiscard]] Result<std::vector<CgroupPlace>> create(const plan::StartPlan& plan);
// Moves the child into every inner group; before it unshares its cgroup namespace.
[[nodiscard]] Status enter(const std::vector<CgroupPlace>& places, pid_t child);
// Kills what is left inside (v2 cgroup.kill, else by signals), then removes inner and limit groups, deepest
// first. Waits at most deadlineMs. Also called for what a dead monitor left.
void remove(const std::vector<CgroupPlace>& places, int deadlineMs);
// After the container: the monitor leaves its groups, upwards, and removes them.
void remove_monitor(const plan::StartPlan& plan);

} // namespace tlxc::cgroup
