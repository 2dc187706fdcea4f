#pragma once
#include <string>

#include "common/result.h"
#include "common/unique_fd.h"

namespace tlxc {

// The file in memory, executable and sealed against writing: who executes that shows a container no inode of
// the host's. step: the failure's.
[[nodiscard]] Result<UniqueFd> sealed_copy(const char* step, const std::string& path);

} // namespace tlxc
