// An interface of the host's, lent to the container and given back.
#pragma once
#include "executor/network/network_parts.h"

namespace tlxc::network {

// Moves it inside, under its temporary name and without its alternative names, and notes how it was.
[[nodiscard]] Status lend(Making& making, const plan::Interface& interface, InterfaceInfo& info);
// Fetches it from the container's namespace, where the interface has the given index, and makes it what it
// was.
[[nodiscard]] Status give_back(Netlink& host, const UniqueFd& networkNamespace,
                               const plan::LeftDevice& device, int insideIndex);
// For a device that the kernel brought back when the namespace died: finds it under whatever name it has now.
// false: it is not here (yet).
[[nodiscard]] Result<bool> recover(Netlink& host, const plan::LeftDevice& device);

} // namespace tlxc::network
