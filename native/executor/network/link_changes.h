// What the bridge service has done to the host's links and addresses.
#pragma once
#include "common/result.h"
#include "plan/plan.gen.h"

namespace tlxc::network {

// In order, in the network namespace of the caller; ends with the first that fails.
[[nodiscard]] Status change_links(const plan::LinkChanges& changes);

} // namespace tlxc::network
