#include "addon/subvolume_tree.h"

#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace tlxc::subvolumes {
namespace {

constexpr const char* kStep = "btrfs";

// A search for all items of one object and type, from an offset on.
btrfs_ioctl_search_args search(uint64_t tree, uint64_t object, uint32_t type, uint64_t from) {
    btrfs_ioctl_search_args args{};
    args.key = {.tree_id = tree,
                .min_objectid = object,
                .max_objectid = object,
                .min_offset = from,
                .max_offset = UINT64_MAX,
                .max_transid = UINT64_MAX,
                .min_type = type,
                .max_type = type,
                .nr_items = UINT32_MAX};
    return args;
}

// The first item of an object's that names where it lies: the name, and the offset of its key.
struct Reference {
    uint64_t offset;
    uint64_t directory; // of a subvolume's: where in its parent
    std::string name;
};
template <typename Item>
Result<std::optional<Reference>> reference_of(int fd, uint64_t tree, uint64_t object, uint32_t type) {
    auto args = search(tree, object, type, 0);
    args.key.nr_items = 1;
    if (ioctl(fd, BTRFS_IOC_TREE_SEARCH, &args) != 0)
        return syscall_failure(kStep, "BTRFS_IOC_TREE_SEARCH");
    if (args.key.nr_items == 0)
        return std::optional<Reference>{}; // removed meanwhile
    btrfs_ioctl_search_header header;
    std::memcpy(&header, args.buf, sizeof header);
    Item item;
    std::memcpy(&item, args.buf + sizeof header, sizeof item);
    Reference found{header.offset, 0, std::string(args.buf + sizeof header + sizeof item, item.name_len)};
    if constexpr (std::is_same_v<Item, btrfs_root_ref>)
        found.directory = item.dirid;
    return std::optional{found};
}

} // namespace

Result<Place> place_of(int fd) {
    btrfs_ioctl_ino_lookup_args lookup{};
    lookup.objectid = BTRFS_FIRST_FREE_OBJECTID;
    if (ioctl(fd, BTRFS_IOC_INO_LOOKUP, &lookup) != 0)
        return syscall_failure(kStep, "BTRFS_IOC_INO_LOOKUP");
    struct stat status {};
    if (fstat(fd, &status) != 0)
        return syscall_failure(kStep, "fstat");
    return Place{lookup.treeid, status.st_ino};
}

// The tree of roots has a reference from each subvolume to every one that lies in it.
Result<std::vector<Child>> children_of(int fd, uint64_t id) {
    std::vector<Child> children;
    for (uint64_t from = 0;;) {
        auto args = search(BTRFS_ROOT_TREE_OBJECTID, id, BTRFS_ROOT_REF_KEY, from);
        if (ioctl(fd, BTRFS_IOC_TREE_SEARCH, &args) != 0)
            return syscall_failure(kStep, "BTRFS_IOC_TREE_SEARCH");
        if (args.key.nr_items == 0)
            return children;
        const char* at = args.buf;
        for (uint32_t i = 0; i < args.key.nr_items; ++i) {
            btrfs_ioctl_search_header header;
            std::memcpy(&header, at, sizeof header);
            btrfs_root_ref reference;
            std::memcpy(&reference, at + sizeof header, sizeof reference);
            children.push_back({header.offset, reference.dirid,
                                std::string(at + sizeof header + sizeof reference, reference.name_len)});
            at += sizeof header + header.len;
        }
        if (children.back().id == UINT64_MAX)
            return children;
        from = children.back().id + 1;
    }
}

// The names that lead down from top to place; none: it does not lie below. Found upwards from parent to
// parent, so that no depth is too much for a path.
Result<std::optional<Names>> names_to(int fd, Place place, Place top) {
    Names names;
    while (place.tree != top.tree || place.inode != top.inode) {
        const bool isTop = place.inode == BTRFS_FIRST_FREE_OBJECTID;
        if (isTop && place.tree == BTRFS_FS_TREE_OBJECTID)
            return std::optional<Names>{};
        const auto found =
            isTop ? TRY(reference_of<btrfs_root_ref>(fd, BTRFS_ROOT_TREE_OBJECTID, place.tree,
                                                     BTRFS_ROOT_BACKREF_KEY))
                  : TRY(reference_of<btrfs_inode_ref>(fd, place.tree, place.inode, BTRFS_INODE_REF_KEY));
        if (!found)
            return std::optional<Names>{};
        place = isTop ? Place{found->offset, found->directory} : Place{place.tree, found->offset};
        names.push_back(found->name);
    }
    std::ranges::reverse(names);
    return std::optional{names};
}

Result<UniqueFd> descend(int from, const Names& names) {
    UniqueFd at{openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!at)
        return syscall_failure(kStep, "openat", ".");
    for (const std::string& name : names) {
        at = UniqueFd{openat(at.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
        if (!at)
            return syscall_failure(kStep, "openat", name);
    }
    return at;
}

} // namespace tlxc::subvolumes
