// Work that waits for a disk or for another machine, on a thread of its own: libuv would begin four for the
// first such piece, and wait for all of them at the end of the process.
#pragma once
#include <functional>
#include <memory>

#include "common/unique_fd.h"

namespace tlxc {

// Becomes readable when the work is done. Whoever waits may give up before that: the work then goes on, with
// what it has captured for its own. Null: there is no thread for it, and nothing has begun.
std::shared_ptr<UniqueFd> begin_aside(std::function<void()> work);

} // namespace tlxc
