// A node of one of the host's devices, for a container: made, and given to whom it belongs there.
#pragma once
#include <sys/stat.h>

#include "common/result.h"
#include "common/unique_fd.h"
#include "executor/mount/resolve.h"
#include "plan/plan.gen.h"

namespace tlxc::host_node {

// Whether the file is a node of this device.
[[nodiscard]] bool is(const struct stat& file, const plan::HostNode& node);

// A node of the device in the directory, for its owner alone until it is given away. EEXIST: the name is
// taken.
[[nodiscard]] Status make(int directory, const char* name, const plan::HostNode& node);

// A detached mount of a node of its own, in a filesystem that holds nothing else, which belongs to the
// container's root. The caller has a mount namespace for the purpose, and the host's root's rights.
[[nodiscard]] Result<UniqueFd> make_mountable(const plan::HostNode& node);

// Gives the node (name in directory; "": directory is it) to its owner and group, with the rights of the
// container's root. proc: as container_group::find takes it.
[[nodiscard]] Status give(int directory, const char* name, const plan::HostNode& node,
                          const resolve::Root& root, const UniqueFd& proc);

} // namespace tlxc::host_node
