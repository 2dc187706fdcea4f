#include "executor/device_node.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "executor/host_node.h"
#include "executor/mount/mount_api.h"
#include "executor/mount/procfs.h"
#include "executor/mount/resolve.h"
#include "executor/mount/rootfs.h"

namespace tlxc::device_node {
namespace {

constexpr const char* kStep = "device";

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
    return host_node::is(there, node.node) ? Status{} : Status{refused("exists", node)};
}

// What is there already keeps its owner: it may be the host's own, bound there.
Status make_node(int directory, const char* name, const plan::DeviceNode& node, const resolve::Root& root,
                 const UniqueFd& proc) {
    Status made = host_node::make(directory, name, node.node);
    if (!made.ok() && made.failure().err == EEXIST)
        return accept_existing(directory, name, node);
    TRY(std::move(made));
    return host_node::give(directory, name, node.node, root, proc);
}

// In a mount namespace that this process has for the purpose.
Result<UniqueFd> make_mountable(const plan::DeviceNode& node) {
    if (unshare(CLONE_NEWNS) != 0)
        return failed("unshare", node);
    TRY(rootfs::isolate());
    return host_node::make_mountable(node.node);
}

// Unseen by the container but in what it makes: not to be traced should they share a PID namespace.
Result<resolve::Root> enter(const plan::DeviceNode& node, int init) {
    if (prctl(PR_SET_DUMPABLE, 0) != 0)
        return failed("prctl", node);
    if (setns(init, CLONE_NEWNS | (node.node.mounted ? CLONE_NEWUSER : 0)) != 0)
        return failed("setns", node);
    if (node.node.mounted &&
        (setgroups(0, nullptr) != 0 || setresgid(0, 0, 0) != 0 || setresuid(0, 0, 0) != 0))
        return failed("setresuid", node);
    UniqueFd root{open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!root)
        return failed("open", node);
    return resolve::Root{std::move(root)};
}

Status mount_at(const resolve::Entry& place, const UniqueFd& mount, const plan::DeviceNode& node,
                const resolve::Root& root, const UniqueFd& proc) {
    constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    const UniqueFd file{openat(place.directory.get(), place.name.c_str(), flags, 0600)};
    if (!file)
        return errno == EEXIST ? accept_existing(place.directory.get(), place.name.c_str(), node)
                               : failed("openat", node);
    // Given away before it is seen.
    Status attached = host_node::give(mount.get(), "", node.node, root, proc);
    if (attached.ok())
        attached = mount_api::attach(mount.get(), file.get());
    if (!attached.ok())
        unlinkat(place.directory.get(), place.name.c_str(), 0);
    return attached;
}

Status make_at(const resolve::Entry& place, const plan::DeviceNode& node, const resolve::Root& root,
               const UniqueFd& proc) {
    struct statvfs filesystem {};
    if (fstatvfs(place.directory.get(), &filesystem) != 0)
        return failed("fstatvfs", node);
    if ((filesystem.f_flag & ST_NODEV) != 0)
        return refused("nodev", node);
    return make_node(place.directory.get(), place.name.c_str(), node, root, proc);
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
    if (!host_node::is(left, node.node) && !(S_ISREG(left.st_mode) && left.st_size == 0))
        return {};
    if (unlinkat(place.directory.get(), place.name.c_str(), 0) != 0 && errno != ENOENT)
        return failed("unlinkat", node);
    return {};
}

} // namespace

Status add(const plan::DeviceNode& node, int init) {
    // The host's: below the container's root there may be anything instead of one.
    const UniqueFd proc = procfs::open_root();
    const UniqueFd mount = node.node.mounted ? TRY(make_mountable(node)) : UniqueFd{};
    const resolve::Root root = TRY(enter(node, init));
    const resolve::Entry place = TRY(root.entry(node.target));
    return node.node.mounted ? mount_at(place, mount, node, root, proc) : make_at(place, node, root, proc);
}

Status remove(const plan::DeviceNode& node, int init) {
    const resolve::Root root = TRY(enter(node, init));
    auto found = root.find(node.target);
    if (!found.ok())
        return found.failure().err == ENOENT ? Status{} : Status{found.failure()};
    UniqueFd file = std::move(found).value();
    struct stat there {};
    if (fstat(file.get(), &there) != 0 || !host_node::is(there, node.node))
        return refused("another-file", node);
    const resolve::Entry place = TRY(root.entry(node.target));
    const bool mounted = is_mount(file.get());
    file.reset();
    if (mounted)
        TRY(unmount(place, node));
    return unlink_rest(place, node);
}

} // namespace tlxc::device_node
