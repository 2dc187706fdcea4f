#include "addon/subvolumes.h"

#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstring>

#include "addon/subvolume_tree.h"

namespace tlxc::subvolumes {
namespace {

constexpr const char* kStep = "btrfs";

Status set_name(btrfs_ioctl_vol_args_v2& args, const std::string& name) {
    if (name.size() > BTRFS_SUBVOL_NAME_MAX)
        return refusal(kStep, "the name is too long", name);
    std::memcpy(args.name, name.data(), name.size());
    return {};
}

// The subvolumes of the tree that lie below the open directory top, those in them first.
Status remove_children(int fd, Place top, uint64_t tree) {
    for (const Child& child : TRY(children_of(fd, tree))) {
        const auto names = TRY(names_to(fd, {tree, child.directory}, top));
        if (!names)
            continue;
        TRY(remove_children(fd, top, child.id));
        const UniqueFd directory = TRY(descend(fd, *names));
        btrfs_ioctl_vol_args_v2 args{};
        TRY(set_name(args, child.name));
        if (ioctl(directory.get(), BTRFS_IOC_SNAP_DESTROY_V2, &args) != 0 && errno != ENOENT)
            return syscall_failure(kStep, "BTRFS_IOC_SNAP_DESTROY_V2", child.name);
    }
    return {};
}

// A snapshot has an empty directory in the place of each subvolume of its source.
Status snapshot_child(int source, uint64_t tree, const Child& child, int copy) {
    const auto names = TRY(names_to(source, {tree, child.directory}, {tree, BTRFS_FIRST_FREE_OBJECTID}));
    if (!names)
        return {}; // removed meanwhile
    const UniqueFd from = TRY(descend(source, *names));
    const UniqueFd to = TRY(descend(copy, *names));
    const UniqueFd subvolume{
        openat(from.get(), child.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!subvolume)
        return syscall_failure(kStep, "openat", child.name);
    if (TRY(place_of(subvolume.get())).tree != child.id)
        return refusal(kStep, "a subvolume was moved while it was copied", child.name);
    if (unlinkat(to.get(), child.name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT)
        return syscall_failure(kStep, "unlinkat", child.name);
    return snapshot(subvolume.get(), to.get(), child.name);
}

} // namespace

Status create(int directory, const std::string& name) {
    btrfs_ioctl_vol_args_v2 args{};
    TRY(set_name(args, name));
    if (ioctl(directory, BTRFS_IOC_SUBVOL_CREATE_V2, &args) != 0)
        return syscall_failure(kStep, "BTRFS_IOC_SUBVOL_CREATE_V2", name);
    return {};
}

Status snapshot(int source, int directory, const std::string& name) {
    btrfs_ioctl_vol_args_v2 args{};
    TRY(set_name(args, name));
    args.fd = source;
    if (ioctl(directory, BTRFS_IOC_SNAP_CREATE_V2, &args) != 0)
        return syscall_failure(kStep, "BTRFS_IOC_SNAP_CREATE_V2", name);
    const uint64_t id = TRY(place_of(source)).tree;
    const auto children = TRY(children_of(source, id));
    if (children.empty())
        return {};
    const UniqueFd copy{openat(directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!copy)
        return syscall_failure(kStep, "openat", name);
    for (const Child& child : children)
        TRY(snapshot_child(source, id, child, copy.get()));
    return {};
}

Status remove_below(int directory) {
    const Place top = TRY(place_of(directory));
    return remove_children(directory, top, top.tree);
}

Status limit(int subvolume, uint64_t bytes) {
    btrfs_ioctl_qgroup_limit_args args{}; // of the subvolume's own group: 0
    args.lim.flags = BTRFS_QGROUP_LIMIT_MAX_RFER;
    args.lim.max_rfer = bytes == 0 ? UINT64_MAX : bytes;
    if (ioctl(subvolume, BTRFS_IOC_QGROUP_LIMIT, &args) != 0)
        return syscall_failure(kStep, "BTRFS_IOC_QGROUP_LIMIT");
    return {};
}

} // namespace tlxc::subvolumes
