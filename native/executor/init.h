// The last part of a start, in the child: from the container's root to the execution of init.
#pragma once
#include "executor/running.h"

namespace tlxc::init {

// Leaves the monitor's session, signal handling and descriptors (all but keep and the standard streams).
[[nodiscard]] Status detach(int keep);
// Asks the kernel to kill this process with the monitor. A change of ids forgets it, so it is asked again
// after one.
[[nodiscard]] Status die_with_monitor(const plan::StartPlan& plan);

// Execution domain, standard streams on the console (its controlling terminal) or on the container's
// dev/null, working directory. peer: the console; -1: none.
[[nodiscard]] Status prepare_process(const plan::StartPlan& plan, int peer);

// Runs the start hooks, which are programs of the container, restricted as init is but with its root's ids.
[[nodiscard]] Status run_start_hooks(const plan::StartPlan& plan, const Filter& filter,
                                     const std::string& ttys);

// The program of the host's that is to be init, while the host's files are still in view; none where it is
// the container's own.
[[nodiscard]] Result<UniqueFd> open_image(const plan::Init& init);

// Returns only when it failed. image: what open_image gave. ttys: the container_ttys variable, "" for none.
[[nodiscard]] Failure execute(const plan::StartPlan& plan, const UniqueFd& image, const std::string& ttys);

} // namespace tlxc::init
