// Reads frames, and writes them as files and trees.
#pragma once
#include "transfer/frames.h"
#include "transfer/tree.h"

namespace tlxc::transfer {

struct Receiving {
    std::string target; // "-": standard output
    bool into = false;  // the target is a directory that the sources go into
    bool parents = false;
    bool owners = false; // those of the sources are kept where none are given
    bool keep = false;   // what is replaced keeps its own, and its mode
    Owner owner;
    int64_t mode = -1; // -1: the source's
};

[[nodiscard]] Status receive(const Tree& tree, FrameReader& in, const Receiving& receiving);

} // namespace tlxc::transfer
