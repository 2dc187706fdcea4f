// Devices that a running container was given, and what its device list says of them.
#pragma once
#include "executor/running.h"

namespace tlxc::cgroup {

// The container whose list it is.
struct DeviceList {
    const plan::StartPlan& plan;
    std::vector<CgroupPlace>& places;
    std::vector<GivenDevice>& devices;
};

// Lets the container read, write and make the device, and remembers it by its path inside. Where the list
// covers the device already nothing is written. Another device of that path: detail "other-device".
[[nodiscard]] Status allow_device(const DeviceList& list, GivenDevice device);
// Takes back what allow_device opened, but for what the configuration or another path allows; a device that
// it did not allow is forbidden.
[[nodiscard]] Status forbid_device(const DeviceList& list, const GivenDevice& device);

// After the container's end, in a list of version 1 that stays: what was opened is closed, and where the list
// is one of what is denied, what was forbidden is allowed. What it allowed by a line of its own the plan says
// again; a program of version 2 is replaced.
[[nodiscard]] Status take_back(std::vector<CgroupPlace>& places, const std::vector<GivenDevice>& devices);

} // namespace tlxc::cgroup
