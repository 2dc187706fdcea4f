// What neither a monitor without privilege nor the container's root can do: give the user's files to that
// root, and remove what it has made.
#pragma once
#include <functional>

#include "executor/running.h"

namespace tlxc::idmap {

// Runs work in a process that is root of another user namespace, which has the container's maps and the
// user's own ids besides, where those are not among them. Only for a plan with a user.
[[nodiscard]] Status run_mapped(const plan::StartPlan& plan, const std::function<Status()>& work);
// The user's own group in there; asked outside.
[[nodiscard]] gid_t own_gid(const plan::StartPlan& plan);

} // namespace tlxc::idmap
