#include "monitor/teardown.h"

#include <algorithm>

#include "executor/cgroup/cgroup.h"
#include "executor/hooks.h"
#include "executor/network/network_script.h"

namespace tlxc::teardown {
namespace {

constexpr int kCgroupDeadlineMs = 10'000;

std::string upper(std::string word) {
    std::ranges::transform(word, word.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c; });
    return word;
}

void note(const Status& status, Log& log) {
    if (!status.ok())
        log.failure(Log::Level::Error, status.failure());
}

std::vector<std::string> with_target(const Told& told) {
    std::vector<std::string> environment = told.environment;
    environment.push_back("LXC_TARGET=" + told.target);
    return environment;
}

} // namespace

Told told(const Running& running, pid_t monitor, const char* target) {
    Told told{.target = target};
    if (running.initPid > 0)
        told.environment.push_back("LXC_PID=" + std::to_string(running.initPid));
    for (const auto& [name, fd] : running.namespaces) {
        const std::string path = "/proc/" + std::to_string(monitor) + "/fd/" + std::to_string(fd.get());
        told.environment.push_back("LXC_" + upper(name) + "_NS=" + path);
        told.namespaces.push_back(name + ":" + path);
    }
    return told;
}

void stop(const Ended& ended, Log& log) {
    const auto& [plan, running, record, told] = ended;
    const auto arguments = plan.hooks.version == 0 ? told.namespaces : std::vector<std::string>{};
    note(network::run_down_scripts(plan, running.network, told.environment), log);
    note(hooks::run(plan.hooks.stop, "stop", plan.hooks.environment, with_target(told), arguments), log);
    note(network::remove(running.network, record), log);
    if (told.reboots())
        cgroup::clear(plan, running.cgroups, kCgroupDeadlineMs);
    else
        cgroup::remove(plan, running.cgroups, kCgroupDeadlineMs);
}

bool post_stop(const plan::StartPlan& plan, const Told& told, Log& log) {
    const Status status =
        hooks::run(plan.hooks.postStop, "post-stop", plan.hooks.environment, with_target(told));
    note(status, log);
    return status.ok();
}

} // namespace tlxc::teardown
