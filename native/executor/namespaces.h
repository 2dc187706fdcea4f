// The container's namespaces: made with the child that becomes init, or joined where the plan shares
// another's.
#pragma once
#include "common/deadline.h"
#include "executor/running.h"

namespace tlxc::namespaces {

// The child of a spawn sees pid 0.
struct Child {
    pid_t pid = -1;
    UniqueFd pidfd;
};
// A copy of this process in all new namespaces of the plan but those of cgroups and time, which it makes
// itself, and in those that it shares; born in cgroup (a directory of version 2; -1: where the caller is).
[[nodiscard]] Result<Child> spawn(const plan::StartPlan& plan, int cgroup, const Deadline& deadline);

// In the child, once it is in its groups: they become the roots that it sees.
[[nodiscard]] Status unshare_cgroup(const plan::StartPlan& plan);

[[nodiscard]] bool is_new(const plan::StartPlan& plan, plan::Namespace wanted);
// It is not the monitor's: new, or joined.
[[nodiscard]] bool has(const plan::StartPlan& plan, plan::Namespace wanted);

// A descriptor of one of the child's namespaces ("user", "mnt" …), named as in /proc/PID/ns.
[[nodiscard]] Result<UniqueFd> open(pid_t child, const char* name);
// Takes this process into the child's mount namespace, for good; its root and working directory are the
// root there.
[[nodiscard]] Status join_mounts_of(pid_t child);
// All that the container has of its own, for hooks that run when it is gone.
[[nodiscard]] Result<std::vector<std::pair<std::string, UniqueFd>>> open_all(const plan::StartPlan& plan,
                                                                             pid_t child);

} // namespace tlxc::namespaces
