// Files and directories whose names others can foresee: somebody may have put something there before us. What
// is root's or our own is believed; through anything else nothing is made, opened or locked.
#pragma once
#include <string>

#include "common/result.h"
#include "common/unique_fd.h"

namespace tlxc {

// Opens a directory by its absolute path, making what is missing (0700). On the way nothing may be where
// others could put something else in its place: for root every directory must be root's, and for all a link
// root's own
// (/var/run), what everybody may write to sticky. Failures have this step; "not-ours" names the one at fault.
[[nodiscard]] Result<UniqueFd> own_directory(const char* step, const std::string& path);

// open(2), which follows a link at the path's end only where it is root's or ours. None and errno on failure.
[[nodiscard]] UniqueFd open_own(const std::string& path, int flags, mode_t mode);

} // namespace tlxc
