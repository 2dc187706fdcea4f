// Subvolumes of btrfs, by descriptor: what a container calls its own, and where, leads nowhere else. Takes
// CAP_SYS_ADMIN over the filesystem.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "common/result.h"

namespace tlxc::subvolumes {

// An empty one, called name, in the open directory.
[[nodiscard]] Status create(int directory, const std::string& name);
// One with all that source (a subvolume) holds, the subvolumes below it too, each as it is at one moment.
[[nodiscard]] Status snapshot(int source, int directory, const std::string& name);
// Removes every subvolume below the open directory, read-only ones, too; what else lies there stays.
[[nodiscard]] Status remove_below(int directory);
// The most that the subvolume may refer to, in bytes; 0: no limit.
[[nodiscard]] Status limit(int subvolume, uint64_t bytes);

struct Usage {
    uint64_t bytes;
    uint64_t limit; // 0: none
};
// What the filesystem has counted; none: it keeps no quotas.
[[nodiscard]] Result<std::optional<Usage>> usage(int subvolume);

} // namespace tlxc::subvolumes
