// A device node in a running container. All of it happens in a process that stands in the container's mount
// namespace, and, where the container has a user namespace, with the rights of its root and no others: what
// the container puts in the way leads nowhere that it could not go itself.
#pragma once
#include "common/result.h"
#include "plan/plan.gen.h"

namespace tlxc::device_node {

// The calling process enters the namespaces of init (a pidfd) and cannot come back. Missing directories are
// made; a file of that name, or a symbolic link on the way, is a failure.
[[nodiscard]] Status add(const plan::DeviceNode& node, int init);
// Removes the node, and what is mounted there, if it is this very device; done, too, when nothing is there.
[[nodiscard]] Status remove(const plan::DeviceNode& node, int init);

} // namespace tlxc::device_node
