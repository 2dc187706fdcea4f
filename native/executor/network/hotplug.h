// Interfaces that come into a running container and leave it again.
#pragma once
#include "executor/network/network_parts.h"

namespace tlxc::network {

// An interface of a running container: a name on the host and one inside. Borrowed.
struct Plug {
    const std::string& host;
    const std::string& inside;
};

// The container whose network it is: its plan and its init, which the caller has not reaped.
struct Target {
    const plan::StartPlan& plan;
    pid_t init;
    const Record& record;
    Network& network;
};

// Lends the host's interface to the container under the name inside, as lxc.net.N.type = phys does, down and
// without addresses. What the host's name had is recorded first; on failure everything is as before.
[[nodiscard]] Status plug_in(const Target& target, const Plug& plug);
// Brings the interface that is called plug.inside there (or the one that was lent by that name) back to the
// host: one that was lent with all it had, under its own name unless plug.host is another one; any other
// under plug.host, which is plug.inside where it is empty.
[[nodiscard]] Status unplug(const Target& target, const Plug& plug);

} // namespace tlxc::network
