// The container's terminals: its own devpts instance, the console and the ttys, all allocated from that
// instance.
#pragma once
#include "executor/mount/resolve.h"
#include "executor/running.h"

namespace tlxc::terminals {

struct Made {
    UniqueFd devpts;
    Terminal console; // no descriptors: the plan has none
    std::vector<Terminal> ttys;
};

// In the child, below root. The masters go to the monitor; the console's peer becomes init's standard
// streams.
[[nodiscard]] Result<Made> make(const plan::StartPlan& plan, const resolve::Root& root);

// "container_ttys=pts/1 pts/2", as init finds it in its environment; "" without ttys.
[[nodiscard]] std::string container_ttys(const std::vector<Terminal>& ttys);

} // namespace tlxc::terminals
