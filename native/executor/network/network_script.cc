#include "executor/network/network_script.h"

#include <algorithm>

#include "executor/hooks.h"

namespace tlxc::network {
namespace {

// What the plan's script ends with: the type; here, what only a start knows.
std::vector<std::string> arguments_of(const InterfaceInfo& info) {
    std::vector<std::string> arguments;
    for (const auto* each : {&info.link, &info.hostName})
        if (!each->empty())
            arguments.push_back(*each);
    return arguments;
}

} // namespace

Status run_up_script(const plan::StartPlan& plan, const plan::Interface& interface, InterfaceInfo& info,
                     const std::vector<std::string>& extra) {
    info.scripted = true;
    if (!interface.scriptUp)
        return {};
    return hooks::run({*interface.scriptUp}, "script.up", plan.hooks.environment, extra, arguments_of(info));
}

Status run_down_scripts(const plan::StartPlan& plan, const Network& network,
                        const std::vector<std::string>& extra) {
    Status first;
    for (const auto& info : network.interfaces) {
        // By number: interfaces come and go while the container runs.
        const auto asked = std::ranges::find(plan.interfaces, info.index, &plan::Interface::index);
        if (!info.scripted || asked == plan.interfaces.end() || !asked->scriptDown)
            continue;
        Status ran = hooks::run({*asked->scriptDown}, "script.down", plan.hooks.environment, extra,
                                arguments_of(info));
        if (!ran.ok() && first.ok())
            first = std::move(ran);
    }
    return first;
}

} // namespace tlxc::network
