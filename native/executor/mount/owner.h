// One owner's files for another's: a mount of a directory that belongs to somebody on the host and to
// somebody in the container.
#pragma once
#include "common/result.h"
#include "plan/plan.gen.h"

namespace tlxc::mount_api {

// Of the detached mount: what belongs to the owner of its root is seen as owner's, and made by owner it
// belongs to that owner. All other ids are seen as nobody's, and make nothing there.
[[nodiscard]] Status set_owner(int mount, const plan::MountOwner& owner);

} // namespace tlxc::mount_api
