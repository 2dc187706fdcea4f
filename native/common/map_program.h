// Id maps that a plain user may only have written for it: by newuidmap(1) and newgidmap(1), set-id programs
// that give out what /etc/subuid and /etc/subgid say.
#pragma once
#include <sys/types.h>

#include <cstdint>

#include "common/program.h"

namespace tlxc {

struct IdRange {
    int64_t inside = 0;
    int64_t outside = 0;
    int64_t count = 0;
};

// process: of the caller's own user, in the user namespace that takes the map.
[[nodiscard]] inline Status write_map_by(const std::string& program, pid_t process,
                                         const std::vector<IdRange>& ranges) {
    std::vector<std::string> argv{program, std::to_string(process)};
    for (const auto& range : ranges)
        for (const int64_t number : {range.inside, range.outside, range.count})
            argv.push_back(std::to_string(number));
    TRY(run_program("idmap", std::move(argv)));
    return {};
}

} // namespace tlxc
