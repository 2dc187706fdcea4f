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

// A subvolume, and the number of the one that it lies in.
struct Lying {
    uint64_t tree;
    Child child;
};

// How many may lie in one another for a copy: each holds descriptors.
constexpr int kDeepest = 128;

Status snapshot_within(int source, int directory, const std::string& name, int depth);

Status set_name(btrfs_ioctl_vol_args_v2& args, const std::string& name) {
    if (name.size() > BTRFS_SUBVOL_NAME_MAX)
        return refusal(kStep, "the name is too long", name);
    std::memcpy(args.name, name.data(), name.size());
    return {};
}

// The container may have made a subvolume read-only, for as long as nobody takes that back. Nothing else has
// the flag.
Status make_writable(int subvolume) {
    uint64_t flags = 0;
    if (ioctl(subvolume, BTRFS_IOC_SUBVOL_GETFLAGS, &flags) != 0)
        return syscall_failure(kStep, "BTRFS_IOC_SUBVOL_GETFLAGS");
    flags &= ~BTRFS_SUBVOL_RDONLY;
    if (ioctl(subvolume, BTRFS_IOC_SUBVOL_SETFLAGS, &flags) != 0)
        return syscall_failure(kStep, "BTRFS_IOC_SUBVOL_SETFLAGS");
    return {};
}

// The subvolume that the directory lies in: upwards, where every ".." is the filesystem's own.
Result<UniqueFd> subvolume_of(int directory) {
    UniqueFd at{openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    while (at) {
        if (TRY(place_of(at.get())).inode == BTRFS_FIRST_FREE_OBJECTID)
            return at;
        at = UniqueFd{openat(at.get(), "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    }
    return syscall_failure(kStep, "openat", "..");
}

Status destroy(int directory, const std::string& name) {
    btrfs_ioctl_vol_args_v2 args{};
    TRY(set_name(args, name));
    if (ioctl(directory, BTRFS_IOC_SNAP_DESTROY_V2, &args) != 0 && errno != ENOENT)
        return syscall_failure(kStep, "BTRFS_IOC_SNAP_DESTROY_V2", name);
    return {};
}

Status remove_child(int fd, Place top, const Lying& lying) {
    const auto names = TRY(names_to(fd, {lying.tree, lying.child.directory}, top));
    if (!names)
        return {};
    const UniqueFd directory = TRY(descend(fd, *names));
    Status gone = destroy(directory.get(), lying.child.name);
    if (gone.ok() || gone.failure().err != EROFS)
        return gone;
    TRY(make_writable(TRY(subvolume_of(directory.get())).get()));
    return destroy(directory.get(), lying.child.name);
}

// A snapshot has an empty directory in the place of each subvolume of its source.
Status snapshot_child(int source, const Lying& lying, int copy, int depth) {
    const auto& [tree, child] = lying;
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
    return snapshot_within(subvolume.get(), to.get(), child.name, depth + 1);
}

Status take_snapshot(int source, int directory, const std::string& name) {
    btrfs_ioctl_vol_args_v2 args{};
    TRY(set_name(args, name));
    args.fd = source;
    if (ioctl(directory, BTRFS_IOC_SNAP_CREATE_V2, &args) != 0)
        return syscall_failure(kStep, "BTRFS_IOC_SNAP_CREATE_V2", name);
    return {};
}

Status snapshot_within(int source, int directory, const std::string& name, int depth) {
    if (depth > kDeepest)
        return refusal(kStep, "more than 128 subvolumes lie in one another", name);
    TRY(take_snapshot(source, directory, name));
    const uint64_t id = TRY(place_of(source)).tree;
    const auto children = TRY(children_of(source, id));
    if (children.empty())
        return {};
    const UniqueFd copy{openat(directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!copy)
        return syscall_failure(kStep, "openat", name);
    for (const Child& child : children)
        TRY(snapshot_child(source, {id, child}, copy.get(), depth));
    return {};
}

// An item of the subvolume's own group (level 0, numbered like it); none: nobody counts.
template <typename Item> Result<std::optional<Item>> quota_item(int fd, uint64_t id, uint32_t type) {
    btrfs_ioctl_search_args args{};
    args.key = {.tree_id = BTRFS_QUOTA_TREE_OBJECTID,
                .min_offset = id,
                .max_offset = id,
                .max_transid = UINT64_MAX,
                .min_type = type,
                .max_type = type,
                .nr_items = 1};
    if (ioctl(fd, BTRFS_IOC_TREE_SEARCH, &args) != 0) {
        if (errno == ENOENT)
            return std::optional<Item>{}; // there is no tree of quotas
        return syscall_failure(kStep, "BTRFS_IOC_TREE_SEARCH");
    }
    if (args.key.nr_items == 0)
        return std::optional<Item>{};
    Item item;
    std::memcpy(&item, args.buf + sizeof(btrfs_ioctl_search_header), sizeof item);
    return std::optional{item};
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
    return snapshot_within(source, directory, name, 0);
}

Status remove_below(int directory) {
    const Place top = TRY(place_of(directory));
    std::vector<Lying> found;
    for (const Child& child : TRY(children_of(directory, top.tree)))
        if (TRY(names_to(directory, {top.tree, child.directory}, top)))
            found.push_back({top.tree, child});
    for (size_t next = 0; next < found.size(); ++next) {
        const uint64_t tree = found[next].child.id;
        for (const Child& child : TRY(children_of(directory, tree)))
            found.push_back({tree, child});
    }
    // Each comes after the one that it lies in. They may lie in one another a thousand deep.
    for (; !found.empty(); found.pop_back())
        TRY(remove_child(directory, top, found.back()));
    return {};
}

Status limit(int subvolume, uint64_t bytes) {
    btrfs_ioctl_qgroup_limit_args args{}; // of the subvolume's own group: 0
    args.lim.flags = BTRFS_QGROUP_LIMIT_MAX_RFER;
    args.lim.max_rfer = bytes == 0 ? UINT64_MAX : bytes;
    if (ioctl(subvolume, BTRFS_IOC_QGROUP_LIMIT, &args) != 0)
        return syscall_failure(kStep, "BTRFS_IOC_QGROUP_LIMIT");
    return {};
}

Result<std::optional<Usage>> usage(int subvolume) {
    const uint64_t id = TRY(place_of(subvolume)).tree;
    const auto counted = TRY(quota_item<btrfs_qgroup_info_item>(subvolume, id, BTRFS_QGROUP_INFO_KEY));
    if (!counted)
        return std::optional<Usage>{};
    const auto limited = TRY(quota_item<btrfs_qgroup_limit_item>(subvolume, id, BTRFS_QGROUP_LIMIT_KEY));
    const bool isLimited =
        limited && (limited->flags & BTRFS_QGROUP_LIMIT_MAX_RFER) != 0 && limited->max_rfer != UINT64_MAX;
    return std::optional{Usage{counted->rfer, isLimited ? limited->max_rfer : 0}};
}

} // namespace tlxc::subvolumes
