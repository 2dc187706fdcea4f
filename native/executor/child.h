// The child's side of a start: from a copy of the monitor in new namespaces to the container's init.
#pragma once
#include "executor/handshake.h"

namespace tlxc {

// Never returns: becomes init, or tells the monitor why not and exits.
[[noreturn]] void run_child(const plan::StartPlan& plan, handshake::Channel monitor,
                            const Deadline& deadline);

} // namespace tlxc
