// How the child of an attach tells its parent how far it came: on a pipe that tlxc-enter inherits.
#pragma once
#include <sys/types.h>

namespace tlxc {

// Where tlxc-enter has the pipe.
constexpr int kReportFd = 3;

// What it writes as soon as the command's process exists: that process's pid, in the caller's PID namespace.
// Nobody could lie with it: that process is the first that the container could get hold of.
using Entered = pid_t;

} // namespace tlxc
