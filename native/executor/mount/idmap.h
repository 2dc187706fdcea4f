// The user namespace's id maps, and becoming its root.
#pragma once
#include "common/map_program.h"

#include "executor/running.h"

namespace tlxc::idmap {

// In the monitor: writes the child's uid and gid maps, itself or by the programs of the plan. setgroups stays
// allowed.
[[nodiscard]] Status write_maps(const plan::StartPlan& plan, pid_t child);
// In the child, once the maps are written: uid 0, gid 0 and no supplementary group, of its own user
// namespace.
[[nodiscard]] Status become_root(const plan::StartPlan& plan);

// In a process with privilege over both sides: a child's map of one kind.
[[nodiscard]] Status write_directly(pid_t child, plan::IdKind kind, const std::vector<IdRange>& ranges);

} // namespace tlxc::idmap
