// The mounts that a start takes from the host, opened with the monitor's privilege and never by the
// container's.
#pragma once
#include "executor/handshake.h"

namespace tlxc::sources {

// One for every step of the plan that binds something of the host's, numbered through tree, devices and
// protect. userNamespace: the container's, -1 when it has none.
[[nodiscard]] Result<std::vector<handshake::PreparedMount>> prepare(const plan::StartPlan& plan,
                                                                    int userNamespace);

} // namespace tlxc::sources
