// The kernel's mount calls by descriptor: a mount is made or cloned detached, given its attributes, and only
// then attached at a place that was resolved before. No mount in TLXC is ever named by a string once a start
// has begun.
#pragma once
#include <sys/mount.h>

#include <string>
#include <vector>

#include "common/result.h"
#include "common/unique_fd.h"
#include "plan/plan.gen.h"

namespace tlxc::mount_api {

enum class Depth { Top, Tree };

// A detached copy of the mount (or of the part of it) at path below dir; of dir itself where path is "".
[[nodiscard]] Result<UniqueFd> clone(int dir, const std::string& path, Depth depth);

// A new filesystem, mounted nowhere yet. options: "key" or "key=value". A failure carries in detail what the
// kernel logged for this very mount.
struct Filesystem {
    const std::string& type;
    const std::string& source;
    const std::vector<std::string>& options;
    const std::vector<std::string>& attributes;
};
[[nodiscard]] Result<UniqueFd> make(const Filesystem& filesystem);

// Gives the filesystem that is mounted there other options; those not named stay as they are.
[[nodiscard]] Status reconfigure(int mount, const std::vector<std::string>& options);

// Words of the plan: ro nosuid nodev noexec noatime nodiratime relatime strictatime nosymfollow, and rw suid
// dev exec atime diratime, which take them back.
[[nodiscard]] Status set_attributes(int mount, const std::vector<std::string>& attributes);
[[nodiscard]] Status make_readonly(int mount);
// Files keep their ids on disk; seen through the mount, they are shifted as userNamespace maps them.
[[nodiscard]] Status set_idmap(int mount, int userNamespace);
// The same with the user namespace that a plan names. containers: the container's own, -1 when it has none.
[[nodiscard]] Status set_idmap(int mount, const std::string& whose, int containers);
// Words of the plan: private slave shared unbindable, with r before them for the whole tree.
[[nodiscard]] Status set_propagation(int mount, const std::string& word);

// Attaches a detached mount at the place that target (O_PATH) stands for.
[[nodiscard]] Status attach(int mount, int target);

} // namespace tlxc::mount_api
