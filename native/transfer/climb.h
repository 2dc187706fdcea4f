// The way back to a directory that was closed: a tree is deeper than a process may have files open.
#pragma once
#include <sys/types.h>

#include <string>

#include "common/result.h"
#include "common/unique_fd.h"

namespace tlxc::transfer {

// So many directories within each other stay open; those deeper are closed while what is in them is copied.
inline constexpr size_t kHeld = 64;

// Which directory it is. As long as one in it is open, the kernel gives its number to no other.
struct Identity {
    dev_t device = 0;
    ino_t inode = 0;
};

[[nodiscard]] Result<Identity> identity_of(int directory, const std::string& path);

// The directory that `from` is in, opened, if it is the one that it was: whoever can rename `from` meanwhile
// decides where ".." leads.
[[nodiscard]] Result<UniqueFd> climb(int from, const Identity& to, int flags, const std::string& path);

} // namespace tlxc::transfer
