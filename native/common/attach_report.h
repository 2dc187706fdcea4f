// How the child of an attach tells its parent how far it came: on a pipe that tlxc-enter inherits.
#pragma once

namespace tlxc {

// Where tlxc-enter has the pipe.
constexpr int kReportFd = 3;

// What it writes, one byte, as soon as the command's process exists. Nobody could lie with it: that process
// is the first that the container could get hold of.
constexpr char kEntered = '!';

} // namespace tlxc
