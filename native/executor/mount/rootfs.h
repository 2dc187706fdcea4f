// The root filesystem: taken and idmapped outside, attached and made the root inside.
#pragma once
#include "executor/running.h"

namespace tlxc::rootfs {

// In the monitor: makes the directory that the root filesystem is attached at.
[[nodiscard]] Status make_mount_point(const plan::StartPlan& plan);
// In the monitor: the root filesystem as a detached mount; none for a container on the host's own root. Where
// pre-mount hooks may have mounted it, it is taken from the mount namespace of child. Also in the child
// itself, for sources::kHere.
[[nodiscard]] Result<UniqueFd> prepare(const plan::StartPlan& plan, int userNamespace, pid_t child);

// In the child: nothing mounted from now on shows outside, nor the reverse.
[[nodiscard]] Status isolate();
// In the child, while it still is the host's root: the directory to attach at may be closed to the
// container's.
[[nodiscard]] Result<UniqueFd> open_mount_point(const plan::StartPlan& plan);
// In the child: attaches the mount; the descriptor of the container's root, from which all else is resolved.
[[nodiscard]] Result<UniqueFd> attach(const plan::StartPlan& plan, UniqueFd mount,
                                      const UniqueFd& mountPoint);
// In the child: makes root its root directory and leaves nothing of the host's tree in its mount namespace.
// From then on the mounts are shared among the mount namespaces made inside, as systemd and LXC have it.
[[nodiscard]] Status enter(const plan::StartPlan& plan, int root);

} // namespace tlxc::rootfs
