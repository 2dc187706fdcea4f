// A root filesystem of layers: read-only lower directories under one that takes the container's changes.
#pragma once
#include "executor/running.h"

namespace tlxc::overlay {

// A detached overlay. Its layers are mounts of their own, idmapped with userNamespace (-1: not), so that
// files lie on disk with unshifted ids in every layer. Called in a scratch process, whose mount namespace and
// ids it replaces.
[[nodiscard]] Result<UniqueFd> make(const plan::StartPlan& plan, int userNamespace);

} // namespace tlxc::overlay
