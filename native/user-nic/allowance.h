// /etc/tlxc/tlxc-usernet, the administrator's word on who may have how many interfaces: USER|@GROUP TYPE
// BRIDGE COUNT a line, "#" begins a comment. A user or group without a name on this host is written by its
// number.
#pragma once
#include <string>

#include "user-nic/caller.h"

namespace tlxc::user_nic {

// The sum of the counts in every line for the caller or a group of theirs, of that type and bridge. 0 where
// the file is missing, or somebody else than root may write it.
[[nodiscard]] long allowance(const Caller& caller, const std::string& type, const std::string& bridge);

} // namespace tlxc::user_nic
