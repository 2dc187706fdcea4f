#include "executor/device_node.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "executor/mount/mount_api.h"
#include "executor/mount/resolve.h"
#include "executor/mount/rootfs.h"

namespace tlxc::device_node {
namespace {

constexpr const char* kStep = "device";
constexpr const char* kNode = "node";

dev_t number_of(const plan::DeviceNode& node) {
    return makedev(static_cast<unsigned>(node.major), static_cast<unsigned>(node.minor));
}

mode_t type_of(const plan::DeviceNode& node) {
    return node.kind == plan::DeviceKind::Block ? S_IFBLK : S_IFCHR;
}

bool is(const struct stat& file, const plan::DeviceNode& node) {
    return (file.st_mode & S_IFMT) == type_of(node) && file.st_rdev == number_of(node);
}

Failure failed(const char* syscall, const plan::DeviceNode& node) {
    return syscall_failure(kStep, syscall, "/" + node.target);
}

Failure refused(const char* why, const plan::DeviceNode& node) {
    return refusal(kStep, why, "/" + node.target);
}

// Who asks again for a node that is there has it, as with LXC. No link is followed: one is another file.
Status accept_existing(int directory, const char* name, const plan::DeviceNode& node) {
    struct stat there {};
    if (fstatat(directory, name, &there, AT_SYMLINK_NOFOLLOW) != 0)
        return failed("fstatat", node);
    return is(there, node) ? Status{} : Status{refused("exists", node)};
}

Status make_node(int directory, const char* name, const plan::DeviceNode& node) {
    umask(0);
    if (mknodat(directory, name, type_of(node) | static_cast<mode_t>(node.mode), number_of(node)) == 0)
        return {};
    return errno == EEXIST ? accept_existing(directory, name, node) : failed("mknodat", node);
}

// A detached mount of a node of its own, in a filesystem that holds nothing else. A mount can be cloned only
// where it is attached: in a mount namespace that this process has for the purpose.
Result<UniqueFd> make_mountable(const plan::DeviceNode& node) {
    if (unshare(CLONE_NEWNS) != 0)
        return failed("unshare", node);
    TRY(rootfs::isolate());
    const UniqueFd place{open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)};
    const UniqueFd filesystem = TRY(mount_api::make(
        {"tmpfs", "/" + node.target, {"size=4k", "nr_inodes=2", "mode=0700"}, {"nosuid", "noexec"}}));
    TRY(mount_api::attach(filesystem.get(), place.get()));
    TRY(make_node(filesystem.get(), kNode, node));
    const auto uid = static_cast<uid_t>(node.uid);
    const auto gid = static_cast<gid_t>(node.gid);
    if (fchownat(filesystem.get(), kNode, uid, gid, AT_SYMLINK_NOFOLLOW) != 0)
        return failed("fchownat", node);
    return mount_api::clone(filesystem.get(), kNode, mount_api::Depth::Top);
}

// Unseen by the container but in what it makes: not to be traced should they share a PID namespace.
Result<resolve::Root> enter(const plan::DeviceNode& node, int init) {
    if (prctl(PR_SET_DUMPABLE, 0) != 0)
        return failed("prctl", node);
    if (setns(init, CLONE_NEWNS | (node.mounted ? CLONE_NEWUSER : 0)) != 0)
        return failed("setns", node);
    if (node.mounted && (setgroups(0, nullptr) != 0 || setresgid(0, 0, 0) != 0 || setresuid(0, 0, 0) != 0))
        return failed("setresuid", node);
    UniqueFd root{open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!root)
        return failed("open", node);
    return resolve::Root{std::move(root)};
}

Status mount_at(const resolve::Entry& place, const UniqueFd& mount, const plan::DeviceNode& node) {
    constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    const UniqueFd file{openat(place.directory.get(), place.name.c_str(), flags, 0600)};
    if (!file)
        return errno == EEXIST ? accept_existing(place.directory.get(), place.name.c_str(), node)
                               : failed("openat", node);
    Status attached = mount_api::attach(mount.get(), file.get());
    if (!attached.ok())
        unlinkat(place.directory.get(), place.name.c_str(), 0);
    return attached;
}

Status make_at(const resolve::Entry& place, const plan::DeviceNode& node) {
    struct statvfs filesystem {};
    if (fstatvfs(place.directory.get(), &filesystem) != 0)
        return failed("fstatvfs", node);
    if ((filesystem.f_flag & ST_NODEV) != 0)
        return refused("nodev", node);
    return make_node(place.directory.get(), place.name.c_str(), node);
}

// By the directory as the working directory and a name without a slash: umount2 knows no descriptors, and a
// /proc to name one by would be the container's.
Status unmount(const resolve::Entry& place, const plan::DeviceNode& node) {
    if (fchdir(place.directory.get()) != 0)
        return failed("fchdir", node);
    if (umount2(place.name.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0)
        return failed("umount2", node);
    return {};
}

bool is_mount(int file) {
    struct statx info {};
    return statx(file, "", AT_EMPTY_PATH, STATX_TYPE, &info) == 0 &&
           (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

// Nothing but the node itself, or the empty file that it was mounted on.
Status unlink_rest(const resolve::Entry& place, const plan::DeviceNode& node) {
    struct stat left {};
    if (fstatat(place.directory.get(), place.name.c_str(), &left, AT_SYMLINK_NOFOLLOW) != 0)
        return {};
    if (!is(left, node) && !(S_ISREG(left.st_mode) && left.st_size == 0))
        return {};
    if (unlinkat(place.directory.get(), place.name.c_str(), 0) != 0 && errno != ENOENT)
        return failed("unlinkat", node);
    return {};
}

} // namespace

Status add(const plan::DeviceNode& node, int init) {
    const UniqueFd mount = node.mounted ? TRY(make_mountable(node)) : UniqueFd{};
    const resolve::Root root = TRY(enter(node, init));
    const resolve::Entry place = TRY(root.entry(node.target));
    return node.mounted ? mount_at(place, mount, node) : make_at(place, node);
}

Status remove(const plan::DeviceNode& node, int init) {
    const resolve::Root root = TRY(enter(node, init));
    auto found = root.find(node.target);
    if (!found.ok())
        return found.failure().err == ENOENT ? Status{} : Status{found.failure()};
    UniqueFd file = std::move(found).value();
    struct stat there {};
    if (fstat(file.get(), &there) != 0 || !is(there, node))
        return refused("another-file", node);
    const resolve::Entry place = TRY(root.entry(node.target));
    const bool mounted = is_mount(file.get());
    file.reset();
    if (mounted)
        TRY(unmount(place, node));
    return unlink_rest(place, node);
}

} // namespace tlxc::device_node
