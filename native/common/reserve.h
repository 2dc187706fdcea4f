// Descriptors kept for cleaning up: where they run out, they would have run out for that, too.
#pragma once
#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "common/unique_fd.h"

namespace tlxc {

class Reserve {
  public:
    Reserve() {
        for (auto& fd : held_)
            fd.reset(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
    }
    void release() {
        for (auto& fd : held_)
            fd.reset();
    }

  private:
    static constexpr size_t kEnough = 6; // for removing a tree of groups, or for netlink
    std::array<UniqueFd, kEnough> held_;
};

} // namespace tlxc
