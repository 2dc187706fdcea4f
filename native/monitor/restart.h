// A container that has ended is started again after a while (tlxc.restart). The monitor becomes the process
// that waits: small, without anything of the container, and ended by SIGTERM or SIGKILL at any time without
// harm. What it waits for stands in the run directory (src/container/restart.ts); whoever takes that
// away, holding the container's lock, has cancelled it.
#pragma once
#include <optional>

#include "common/result.h"
#include "monitor/last_exit.h"
#include "plan/plan.gen.h"

namespace tlxc::restart {

constexpr const char* kFile = "restart.json";

// What is to be done after this end, if anything; notes in `exit` that it was done too often.
[[nodiscard]] std::optional<plan::Restart> after(const plan::Restart& policy, LastExit& exit, int64_t ranMs);
// Writes down, as this process, when the next attempt is made.
[[nodiscard]] Status note(int runDir, const plan::Restart& restart);
// Becomes the process that waits; returns only where that cannot be done.
[[nodiscard]] Status become(const plan::RestartOrder& order, const std::string& title,
                            const std::vector<std::string>& environment);
// Waits and starts, until it runs, is of no use, was done too often, or a signal ends it.
[[nodiscard]] Status await(plan::RestartOrder order);

} // namespace tlxc::restart
