#include "executor/host_node.h"

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "executor/container_group.h"
#include "executor/mount/mount_api.h"

namespace tlxc::host_node {
namespace {

constexpr const char* kStep = "device";
constexpr const char* kNode = "node";

dev_t number_of(const plan::HostNode& node) {
    return makedev(static_cast<unsigned>(node.major), static_cast<unsigned>(node.minor));
}

mode_t type_of(const plan::HostNode& node) {
    return node.kind == plan::DeviceKind::Block ? S_IFBLK : S_IFCHR;
}

Status own(int directory, const char* name, uid_t uid, gid_t gid) {
    if (fchownat(directory, name, uid, gid, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) != 0)
        return syscall_failure(kStep, "fchownat");
    return {};
}

} // namespace

bool is(const struct stat& file, const plan::HostNode& node) {
    return (file.st_mode & S_IFMT) == type_of(node) && file.st_rdev == number_of(node);
}

Status make(int directory, const char* name, const plan::HostNode& node) {
    const mode_t before = umask(0); // the node's own mode is what it gets
    const int made =
        mknodat(directory, name, type_of(node) | static_cast<mode_t>(node.mode), number_of(node));
    const int err = errno;
    umask(before);
    errno = err;
    return made == 0 ? Status{} : Status{syscall_failure(kStep, "mknodat")};
}

// A mount can be cloned only where it is attached.
Result<UniqueFd> make_mountable(const plan::HostNode& node) {
    const UniqueFd place{open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)};
    const UniqueFd filesystem = TRY(
        mount_api::make({"tmpfs", "tlxc", {"size=4k", "nr_inodes=2", "mode=0700"}, {"nosuid", "noexec"}}));
    TRY(mount_api::attach(filesystem.get(), place.get()));
    TRY(make(filesystem.get(), kNode, node));
    TRY(own(filesystem.get(), kNode, static_cast<uid_t>(node.rootUid), static_cast<gid_t>(node.rootGid)));
    return mount_api::clone(filesystem.get(), kNode, mount_api::Depth::Top);
}

Status give(int directory, const char* name, const plan::HostNode& node, const resolve::Root& root,
            const UniqueFd& proc) {
    const auto uid = static_cast<uid_t>(node.uid);
    const auto gid = static_cast<gid_t>(node.gid);
    const auto group = node.group.empty() ? std::nullopt : container_group::find(proc, root, node.group);
    if (group) {
        Status given = own(directory, name, uid, *group);
        // Its own file may name a group that its user namespace does not map: then it is as if it had none.
        if (given.ok() || given.failure().err != EINVAL)
            return given;
    }
    return own(directory, name, uid, gid);
}

} // namespace tlxc::host_node
