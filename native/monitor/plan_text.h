// The plan as it came: kept as text in a memfd, which costs the monitor's own memory nothing, and read again
// when a reboot or the end needs it.
#pragma once
#include "common/result.h"
#include "common/unique_fd.h"
#include "plan/plan.gen.h"

namespace tlxc::plan_text {

// Reads source to its end, at most 4 MiB, into a sealed memfd; one that is sealed already is taken as it is.
[[nodiscard]] Result<UniqueFd> receive(UniqueFd source);
[[nodiscard]] Result<plan::StartPlan> parse(const UniqueFd& text);

} // namespace tlxc::plan_text
