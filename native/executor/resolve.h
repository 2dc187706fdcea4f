// Places inside the root filesystem, which the container or its image may have filled with anything. They are
// found by the kernel with the root filesystem as their root, and made component by component; never by a
// string that the host's root resolves. Below dev, proc and sys, where our own mounts lie, no symbolic link
// is followed at all.
#pragma once
#include <string>

#include "common/result.h"
#include "common/unique_fd.h"
#include "plan/plan.gen.h"

namespace tlxc::resolve {

// O_PATH of target below root. ENOENT in the failure: it is not there.
[[nodiscard]] Result<UniqueFd> find(int root, const std::string& target);

// As find, after making what is missing: the directories on the way and, as kind says, an empty file or
// directory.
[[nodiscard]] Result<UniqueFd> find_or_make(int root, const std::string& target, plan::Create kind);

// The directory in which target lies, made with all above it where missing, and target's last component.
struct Entry {
    UniqueFd directory;
    std::string name;
};
[[nodiscard]] Result<Entry> entry(int root, const std::string& target);

// How target is told to a person: below the directory that the root filesystem is, else as the container
// names it.
[[nodiscard]] std::string shown(const plan::StartPlan& plan, const std::string& target);

} // namespace tlxc::resolve
