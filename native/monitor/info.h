// What the monitor says of its container: to commands over the socket, and to those who come after its own
// death.
#pragma once
#include <string>

#include "executor/running.h"

namespace tlxc::info {

// The members of MonitorInfo (src/monitor/protocol.ts) but for the state and what may change, as JSON without
// braces: made once a start, so that the plan need not be kept.
[[nodiscard]] std::string members(const plan::StartPlan& plan, const Running& running, int reboots);
// The members that may change while the container runs: interfaces and devices.
[[nodiscard]] std::string changing(const Running& running);
// instance.json: enough to kill and sweep a container whose monitor does not answer.
[[nodiscard]] std::string instance(const Running& running);

} // namespace tlxc::info
