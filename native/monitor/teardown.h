// The end of a container, in two steps: what must happen while its namespaces are still held, and what comes
// after. Both run in a process of their own, so that the monitor goes on answering.
#pragma once
#include <sys/types.h>

#include "executor/network/network.h"
#include "monitor/log.h"

namespace tlxc::teardown {

// What hooks are told of the end.
struct Told {
    std::string target; // "stop" or "reboot"
    // LXC_PID, and the namespaces as descriptors of the monitor's, which post-stop hooks find closed.
    std::vector<std::string> environment;
    std::vector<std::string> namespaces; // NAME:PATH, arguments of stop hooks of version 0

    [[nodiscard]] bool reboots() const { return target == "reboot"; }
};
[[nodiscard]] Told told(const Running& running, pid_t monitor, const char* target);

struct Ended {
    const plan::StartPlan& plan;
    const Running& running;
    const network::Record& record;
    const Told& told;
};

// Network scripts and stop hooks (their failures are logged), then the network's host ends and the control
// groups are removed, where it reboots but for the limit groups. They reach the namespaces through the
// monitor's descriptors.
void stop(const Ended& ended, Log& log);
// Post-stop hooks. False when one fails: a reboot becomes a stop then.
[[nodiscard]] bool post_stop(const plan::StartPlan& plan, const Told& told, Log& log);

} // namespace tlxc::teardown
