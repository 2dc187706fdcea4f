// How the child of an attach tells its parent how far it came: on a socket that tlxc-enter inherits.
#pragma once
#include <sys/types.h>

namespace tlxc {

// Where tlxc-enter has the socket.
constexpr int kReportFd = 3;

// What it writes as soon as the command's process exists: that process's pid, in the caller's PID namespace.
// That process has the socket, too, for a moment, and the container may get hold of it: the caller asks the
// kernel who wrote (SO_PASSCRED) and heeds nobody but the process that it made itself.
using Entered = pid_t;

} // namespace tlxc
