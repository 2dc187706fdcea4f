// Who runs the program, and making a set-user-id process of theirs one that they cannot disturb.
#pragma once
#include <sys/types.h>

#include <string>
#include <vector>

namespace tlxc::user_nic {

struct Caller {
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups; // with gid
    std::string name;          // from /etc/passwd; the uid as text where it has none
};

// Takes nothing over from the caller: environment, descriptors beside 0-2, signals, limits, umask, directory.
// false where that cannot be had.
[[nodiscard]] bool leave_caller();
// The real user; false for root, for whom this program is not, and where the process has not become root's.
[[nodiscard]] bool identify(Caller& caller);
// From now on the caller can neither signal nor look into this process, which keeps the power over networks
// only.
[[nodiscard]] bool become_unreachable();

} // namespace tlxc::user_nic
