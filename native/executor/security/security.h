// What the container's processes may do: capabilities (libcap), seccomp (libseccomp), no_new_privs, LSM,
// keyring.
#pragma once
#include "executor/running.h"

namespace tlxc::security {

// Compiles the policy to BPF, or takes it from its cache file: a sealed memfd, or none when the plan has no
// policy. Runs in the monitor's process while the child sets up its tree. Names that nobody knows become
// warnings.
[[nodiscard]] Result<UniqueFd> compile_seccomp(const plan::StartPlan& plan, std::vector<Failure>& warnings);
// In the child, last before exec: session keyring, LSM label, bounding set, no_new_privs, filter, then
// groups, gid, uid, and the remaining sets. In this order because a filter without no_new_privs needs
// CAP_SYS_ADMIN to be loaded.
[[nodiscard]] Status restrict_child(const plan::StartPlan& plan, const Filter& filter);

} // namespace tlxc::security
