// The tree of a container for a program that is no part of it: to copy files, to make an archive of all.
#pragma once
#include "common/result.h"
#include "plan/plan.gen.h"

namespace tlxc::rooted {

// Becomes argv (an absolute path, and words), which has the tree as its working directory, attached nowhere,
// and sees the ids there as the container does. Descriptors from 3 on are closed. Returns only what failed.
[[nodiscard]] Status run(const plan::Rooted& tree, char** argv);

} // namespace tlxc::rooted
