#include "monitor/last_exit.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include <cstdlib>

#include "common/json_writer.h"
#include "executor/cgroup/cgroup_dir.h"

namespace tlxc::last_exit {
namespace {

// Groups below the container's are of its own making: neither their depth nor their number is unbounded.
constexpr int kDeepest = 8;
constexpr int kMost = 512;

// The number behind "oom_kill " on its line.
int64_t killed(const std::string& events) {
    constexpr std::string_view name = "oom_kill ";
    for (size_t at = 0; (at = events.find(name, at)) != std::string::npos; ++at)
        if (at == 0 || events[at - 1] == '\n')
            return strtoll(events.c_str() + at + name.size(), nullptr, 10);
    return 0;
}

// Version 1 counts in the killed process's own group only.
int64_t killed_below(const UniqueFd& group, int depth, int& left) {
    int64_t sum = killed(cgroup::read_file(group.get(), "memory.oom_control"));
    if (depth == kDeepest)
        return sum;
    for (const std::string& name : cgroup::child_groups(group.get())) {
        if (--left < 0)
            break;
        const UniqueFd child = cgroup::open_child(group.get(), name);
        if (child)
            sum += killed_below(child, depth + 1, left);
    }
    return sum;
}

} // namespace

bool clean(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) == 0 : WIFSIGNALED(status) && WTERMSIG(status) == SIGINT;
}

int64_t oom_kills(const std::vector<CgroupPlace>& places) {
    for (const CgroupPlace& place : places) {
        const UniqueFd group = cgroup::open_group(place.mountPoint, place.limitGroup);
        const char* counter = place.version == 2 ? "memory.events" : "memory.oom_control";
        if (!group || cgroup::read_file(group.get(), counter).empty())
            continue; // no hierarchy of the memory controller
        int left = kMost;
        return place.version == 2 ? killed(cgroup::read_file(group.get(), counter))
                                  : killed_below(group, 0, left);
    }
    return 0;
}

std::string json(const LastExit& exit) {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return json_object([&](Json& json) {
               json.member("status", exit.status);
               json.member("oomKills", exit.oomKills);
               json.member("asked", exit.asked);
               json.member("unhealthy", exit.unhealthy);
               json.member("endedAtMs", now.tv_sec * 1000L + now.tv_nsec / 1'000'000);
               json.member("restarts", exit.restarts);
               json.member("givenUp", exit.givenUp);
           }) +
           "\n";
}

} // namespace tlxc::last_exit
