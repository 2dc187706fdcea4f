// The container's control groups: two levels, so that no limit can be lifted from inside. Limits and the
// device list sit on limitGroup; the container's cgroup namespace is rooted at innerGroup.
#pragma once
#include "executor/running.h"

namespace tlxc::cgroup {

// Moves the monitor itself into its groups of one version. Into those of version 1 before anything else;
// into that of version 2, where moving a process waits for an RCU grace period (10 ms and more), once the
// container runs.
[[nodiscard]] Status enter_monitor(const plan::StartPlan& plan, int version);
// What a start has made: the places, and beside them their inner groups, open.
struct Groups {
    std::vector<CgroupPlace> places;
    std::vector<UniqueFd> inner;
};
// At a reboot: the limit groups of the run that has ended, emptied, and the devices that it was given.
struct Kept {
    std::vector<CgroupPlace> places;
    std::vector<GivenDevice> devices;
};
// Makes limit and inner groups in every hierarchy (enabling v2 controllers on the way down), writes the
// limits, attaches the v2 device program, delegates the inner group to the container's root. A group of that
// name which nobody owns and nobody is in is taken over, empty; one in use: the next suffix, or an error. On
// failure every group made is gone again. kept: limit groups that stay as they are, whatever was set in them
// since the start; only the device list is the plan's again, and the inner groups are new. Where they cannot
// be had any more all are made anew.
[[nodiscard]] Result<Groups> create(const plan::StartPlan& plan, Kept kept);
// The ways into the inner groups, opened by the monitor with its privilege. The child is born in the group of
// version 2 (CLONE_INTO_CGROUP) and writes itself into those of version 1: neither waits for the grace period
// that it takes to move another process, or all threads of one.
struct Door {
    UniqueFd unified; // O_DIRECTORY; none: no hierarchy of version 2
    std::vector<UniqueFd> tasks;
};
[[nodiscard]] Result<Door> open_door(const std::vector<CgroupPlace>& places, std::vector<UniqueFd> inner);
// In the child, which has a single thread; before it unshares its cgroup namespace.
[[nodiscard]] Status enter(const Door& door);
// Kills what is left inside (v2 cgroup.kill, else by signals), then removes inner and limit groups, deepest
// first. Waits at most deadlineMs. Also called for what a dead monitor left.
void remove(const plan::StartPlan& plan, const std::vector<CgroupPlace>& places, int deadlineMs);
// Kills all that is in the limit groups, once; who waits in the kernel dies when it can.
void kill_members(const std::vector<CgroupPlace>& places);
// The same as remove but for the limit groups themselves, which a reboot keeps.
void clear(const plan::StartPlan& plan, const std::vector<CgroupPlace>& places, int deadlineMs);
// After the container: a monitor with groups of its own goes to its pivot groups, and removes them.
void remove_monitor(const plan::StartPlan& plan);

} // namespace tlxc::cgroup
