// Places inside the root filesystem, which the container or its image may have filled with anything. They are
// found by the kernel with the root filesystem as their root, and made component by component; never by a
// string that the host's root resolves. Where something is mounted or made no symbolic link is followed at
// all, nor anywhere below dev, proc and sys; and what a start has mounted there is the base of all lookups
// below: whoever renames the root filesystem's directories meanwhile leads nothing that is protected there
// elsewhere.
#pragma once
#include <array>
#include <span>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/unique_fd.h"
#include "plan/plan.gen.h"

namespace tlxc::resolve {

// The directory in which a target lies, and the target's last component.
struct Entry {
    UniqueFd directory;
    std::string name;
};

class Root {
  public:
    // directory: O_PATH of the container's root.
    explicit Root(UniqueFd directory) : directory_(std::move(directory)) {}
    [[nodiscard]] int fd() const { return directory_.get(); }

    // O_PATH of the target. ENOENT in the failure: it is not there.
    [[nodiscard]] Result<UniqueFd> find(const std::string& target) const;
    // As find, following the links of the root filesystem within it.
    [[nodiscard]] Result<UniqueFd> find_linked(const std::string& target) const;
    // As find, after making what is missing: the directories on the way and, as kind says, an empty file or
    // directory.
    [[nodiscard]] Result<UniqueFd> find_or_make(const std::string& target, plan::Create kind) const;
    // With all directories above the target made where missing.
    [[nodiscard]] Result<Entry> entry(const std::string& target) const;

    // What has been mounted at target; kept where it is dev, proc or sys.
    void remember(const std::string& target, UniqueFd mount);

  private:
    // Where a lookup begins, what is left of the target from there, and whether links are refused on the way.
    struct Lookup {
        int base;
        bool strict;
        std::vector<std::string> names;
        const std::string& target;
    };
    using Names = std::span<const std::string>;
    enum class Links { Refused, Followed };
    [[nodiscard]] Result<Lookup> begin(const std::string& target, Links links = Links::Refused) const;
    [[nodiscard]] Result<UniqueFd> find(const std::string& target, Links links) const;
    [[nodiscard]] static UniqueFd open_path(const Lookup& lookup, Names names, int flags);
    [[nodiscard]] static Result<UniqueFd> make_directories(const Lookup& lookup, Names names);

    UniqueFd directory_;
    std::array<UniqueFd, 3> mounts_; // of dev, proc and sys, where a start has mounted them
};

// How target is told to a person: below the directory that the root filesystem is, else as the container
// names it.
[[nodiscard]] std::string shown(const plan::StartPlan& plan, const std::string& target);

} // namespace tlxc::resolve
