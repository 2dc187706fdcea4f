// A short-lived process for what the caller must not do to itself: enter another mount namespace, take other
// ids.
#pragma once
#include <functional>

#include "common/deadline.h"
#include "common/result.h"
#include "common/unique_fd.h"

namespace tlxc::scratch {

// Runs make in a fork of this process and takes over the detached mount it returns.
[[nodiscard]] Result<UniqueFd> make_mount(const std::function<Result<UniqueFd>()>& make);
// Runs work in a fork of this process.
[[nodiscard]] Status run(const Deadline& deadline, const std::function<Status()>& work);

} // namespace tlxc::scratch
