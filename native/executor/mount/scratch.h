// A short-lived process for what the caller must not do to itself: enter another mount namespace, take other
// ids.
#pragma once
#include <functional>
#include <vector>

#include "executor/handshake.h"

namespace tlxc::scratch {

using Mounts = std::vector<handshake::PreparedMount>;

// Runs make in a fork of this process and takes over the detached mounts it returns.
[[nodiscard]] Result<Mounts> make_mounts(const Deadline& deadline,
                                         const std::function<Result<Mounts>()>& make);
// Runs work in a fork of this process.
[[nodiscard]] Status run(const Deadline& deadline, const std::function<Status()>& work);

} // namespace tlxc::scratch
