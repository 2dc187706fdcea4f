// Reads files and trees, and writes them as frames.
#pragma once
#include <functional>
#include <vector>

#include "transfer/frames.h"
#include "transfer/tree.h"

namespace tlxc::transfer {

struct Sending {
    std::vector<std::string> paths; // "-": standard input
    bool recursive = false;
    std::function<void(const Failure&)> warn; // what of a tree is left out
};

[[nodiscard]] Status send(const Tree& tree, FrameWriter& out, const Sending& sending);

} // namespace tlxc::transfer
