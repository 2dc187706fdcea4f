// How the container ended, kept in its run directory for who asks later (src/container/info/last-exit.ts).
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "executor/running.h"

namespace tlxc {

struct LastExit {
    int status = -1;      // as waitpid gives it; -1: a reboot that did not start again
    int64_t oomKills = 0; // processes that the kernel has killed for lack of memory in the container's groups
    bool asked = false;   // somebody had it stopped
    bool unhealthy = false; // its monitor ended it for that
    int64_t restarts = 0;   // in a row, before this end
    bool givenUp = false;   // it would be started again if that had not been done too often
};

namespace last_exit {

constexpr const char* kFile = "last-exit.json";

// It ended by itself and in order: status 0, or a power-off, which the kernel tells as SIGINT.
[[nodiscard]] bool clean(int status);
// Counted before the groups are removed.
[[nodiscard]] int64_t oom_kills(const std::vector<CgroupPlace>& places);
[[nodiscard]] std::string json(const LastExit& exit);

} // namespace last_exit
} // namespace tlxc
