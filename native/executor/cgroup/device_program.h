// The device list of a v2 host: a small BPF program that the kernel asks at every open and mknod of a device.
#pragma once
#include <vector>

#include "common/result.h"
#include "common/unique_fd.h"
#include "plan/plan.gen.h"

namespace tlxc::cgroup {

// Assembles the rules and attaches the program to the group (a descriptor of a v2 group), where it lives as
// long as the group. Rules are read in order as LXC reads them: type "a" sets the default for everything and
// forgets what came before; any later rule is an exception from it; the last rule that matches decides.
// attached: the group's program until now, whose place the new one takes, or none; the new one afterwards.
[[nodiscard]] Status attach_device_program(int group, const std::vector<plan::DeviceRule>& rules,
                                           UniqueFd& attached);

} // namespace tlxc::cgroup
