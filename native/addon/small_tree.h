// A new tree of a few files is brought to disk by itself, where syncfs(2) would wait for all that others have
// written to the filesystem, which may be gigabytes.
#pragma once
#include <string>
#include <vector>

#include "common/result.h"

namespace tlxc::small_tree {

// Whether so much waits to be written on this machine that it is worth it: otherwise syncfs is quicker.
[[nodiscard]] bool much_is_dirty();

// fsync(2) of all files and directories below `path`, of `path`, and of `files` with the directories that
// hold them; all are ours, and nobody else writes there. False, and nothing is promised: the tree is large,
// or holds what has no fsync (links, devices), or is on a filesystem of which it is not known that this is
// enough.
[[nodiscard]] Result<bool> sync(const std::string& path, const std::vector<std::string>& files);

} // namespace tlxc::small_tree
