// The child's side of a start: from a copy of the monitor in new namespaces to the container's init.
#pragma once
#include "executor/cgroup/cgroup.h"
#include "executor/handshake.h"

namespace tlxc {

// What the child is born with.
struct Inheritance {
    const plan::StartPlan& plan;
    const cgroup::Door& door;
    // Of all waits together.
    int patienceMs;
};

// Never returns: becomes init, or tells the monitor why not and exits.
[[noreturn]] void run_child(const Inheritance& inheritance, handshake::Channel monitor);

} // namespace tlxc
