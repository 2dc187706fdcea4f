// The process in the new namespaces, on its way to the command.
#pragma once
#include <sys/types.h>

#include "common/unique_fd.h"
#include "namespaces/order.h"

namespace tlxc {

// Waits for the byte on go that says the maps are written and the interfaces here, sets everything up, and
// executes the command. What goes wrong is told on standard error, and by a byte on failed, which the
// command's start closes.
[[noreturn]] void become(const Order& order, UniqueFd go, UniqueFd failed);

} // namespace tlxc
