// What a container's network leaves on the host when its namespace is gone.
#pragma once
#include <string>

#include "executor/running.h"

namespace tlxc::network {

// As network.json holds them.
[[nodiscard]] std::string leavings_json(const std::vector<plan::Leaving>& leavings);

// Takes back everything of a container that has ended; the first failure is told, and the rest is done all
// the same. Lent interfaces are fetched from the container's namespace, which network still holds.
[[nodiscard]] Status clear(const Network& network);

// The same without the namespace, after the death of the monitor that held it: a lent interface comes to the
// host's first network namespace by itself, in its time, and is waited for.
[[nodiscard]] Status clear_after_death(const plan::Leavings& leavings);

} // namespace tlxc::network
