// The number of a group, by the container's own /etc/group. That is a stranger's file: it is found below the
// container's root, opened only where it is a plain file (opening a device is an act, a FIFO is waited for),
// and read up to a limit.
#pragma once
#include <sys/types.h>

#include <optional>
#include <string>

#include "common/unique_fd.h"
#include "executor/mount/resolve.h"

namespace tlxc::container_group {

// proc: the root of a procfs that shows this process, opened before the container's was the only one; none:
// no group is found. None, too, where the file is not there, cannot be read, or does not name it.
[[nodiscard]] std::optional<gid_t> find(const UniqueFd& proc, const resolve::Root& root,
                                        const std::string& name);

} // namespace tlxc::container_group
