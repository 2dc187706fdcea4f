// Where subvolumes of btrfs lie, asked of the filesystem itself: no path is made or followed.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/unique_fd.h"

namespace tlxc::subvolumes {

using Names = std::vector<std::string>;

// A subvolume in a directory (by its inode number) of another.
struct Child {
    uint64_t id;
    uint64_t directory;
    std::string name;
};

// A directory: the number of its subvolume, and its own in that.
struct Place {
    uint64_t tree;
    uint64_t inode;
};

// The number of the subvolume that the open directory lies in, and the directory's own.
[[nodiscard]] Result<Place> place_of(int fd);
// The subvolumes that lie in the one of this number. Any descriptor of the filesystem will do.
[[nodiscard]] Result<std::vector<Child>> children_of(int fd, uint64_t id);
// The names that lead down from top to place; none: it does not lie below.
[[nodiscard]] Result<std::optional<Names>> names_to(int fd, Place place, Place top);
// Down those names from an open directory, through directories only: no link is followed.
[[nodiscard]] Result<UniqueFd> descend(int from, const Names& names);

} // namespace tlxc::subvolumes
