// The mounts that a start takes from the host, opened with the monitor's privilege and never by the
// container's.
#pragma once
#include "executor/handshake.h"

namespace tlxc::sources {

// Instead of the child: the caller is the child, which takes them itself.
inline constexpr pid_t kHere = 0;

// One for every step of the plan that binds something of the host's or opens a device of its, numbered
// through tree, devices and protect. userNamespace: the container's, -1 when it has none.
[[nodiscard]] Result<std::vector<handshake::PreparedMount>> prepare(const plan::StartPlan& plan,
                                                                    int userNamespace, pid_t child);

} // namespace tlxc::sources
