// A short-lived process that makes one mount where the monitor itself must not stand: in another mount
// namespace.
#pragma once
#include <functional>

#include "common/result.h"
#include "common/unique_fd.h"

namespace tlxc::scratch {

// Runs make in a fork of this process and takes over the detached mount it returns.
[[nodiscard]] Result<UniqueFd> make_mount(const std::function<Result<UniqueFd>()>& make);

} // namespace tlxc::scratch
