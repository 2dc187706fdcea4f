#include "monitor/teardown.h"

#include <algorithm>

#include "executor/cgroup.h"
#include "executor/hooks.h"
#include "executor/network_script.h"

namespace tlxc::teardown {
namespace {

constexpr int kCgroupDeadlineMs = 10'000;

std::string upper(std::string word) {
    std::ranges::transform(word, word.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c; });
    return word;
}

} // namespace

void stop(const Ended& ended, Log& log) {
    const auto& [plan, running, record, monitor, target] = ended;
    std::vector<std::string> environment{"LXC_PID=" + std::to_string(running.initPid)};
    std::vector<std::string> arguments;
    for (const auto& [name, fd] : running.namespaces) {
        const std::string path = "/proc/" + std::to_string(monitor) + "/fd/" + std::to_string(fd.get());
        environment.push_back("LXC_" + upper(name) + "_NS=" + path);
        if (plan.hooks.version == 0)
            arguments.push_back(name + ":" + path);
    }
    const auto note = [&log](const Status& status) {
        if (!status.ok())
            log.failure(Log::Level::Error, status.failure());
    };
    note(network::run_down_scripts(plan, running.network, environment));
    environment.push_back(std::string("LXC_TARGET=") + target);
    note(hooks::run(plan.hooks.stop, "stop", plan.hooks.environment, environment, arguments));
    note(network::remove(running.network, record));
    cgroup::remove(running.cgroups, kCgroupDeadlineMs);
}

bool post_stop(const plan::StartPlan& plan, const char* target, Log& log) {
    const Status status = hooks::run(plan.hooks.postStop, "post-stop", plan.hooks.environment,
                                     {std::string("LXC_TARGET=") + target});
    if (!status.ok())
        log.failure(Log::Level::Error, status.failure());
    return status.ok();
}

} // namespace tlxc::teardown
