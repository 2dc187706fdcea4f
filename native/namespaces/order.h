// What tlxc-namespaces is told to do: words of its command line, checked and made of options by the command
// that runs it.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/map_program.h"

namespace tlxc {

struct Order {
    std::string label; // begins every message: "tlxc-unshare"
    uint64_t namespaces = 0;
    std::vector<IdRange> uids, gids;
    // newuidmap(1) and newgidmap(1), which write the maps; "": written by this process.
    std::string newUidMap, newGidMap;
    std::string hostname; // "": as it is
    std::vector<std::string> interfaces;
    bool remount = false; // fresh /proc, /dev/shm and /dev/mqueue
    bool daemon = false;  // return when the command runs
    bool status = false;  // exit as the command does; else 0 or 1
    std::optional<uid_t> uid;
    std::optional<gid_t> gid;
    std::optional<std::vector<gid_t>> groups;
    char** argv = nullptr;
};

// false: the words are not understood.
[[nodiscard]] bool parse(int argc, char** argv, Order& out);

} // namespace tlxc
