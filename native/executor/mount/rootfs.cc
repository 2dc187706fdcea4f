#include "executor/mount/rootfs.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>

#include "common/syscalls.h"
#include "executor/mount/loop_device.h"
#include "executor/mount/mount_api.h"
#include "executor/mount/overlay.h"
#include "executor/mount/scratch.h"
#include "executor/mount/sources.h"
#include "executor/namespaces.h"

namespace tlxc::rootfs {
namespace {

constexpr const char* kStep = "rootfs";
constexpr int kPatienceMs = 60'000;

Failure blame(Failure failure, const plan::Rootfs& rootfs) {
    if (failure.step == "mount")
        failure.step = kStep;
    if (failure.path.empty())
        failure.path = rootfs.kind == plan::RootfsKind::Overlay ? rootfs.upper : rootfs.source;
    return at(std::move(failure), rootfs.origin);
}

Status map_ids(int mount, const plan::Rootfs& rootfs, int userNamespace) {
    Status mapped = mount_api::set_idmap(mount, rootfs.idmap, userNamespace);
    if (!mapped.ok())
        mapped.failure().step = "rootfs idmap";
    return mapped;
}

Result<UniqueFd> take_directory(const plan::Rootfs& rootfs, int userNamespace) {
    UniqueFd mount = TRY(mount_api::clone(AT_FDCWD, rootfs.source, mount_api::Depth::Tree));
    // Never a peer of the host's: what the container mounts must not show there.
    TRY(mount_api::set_propagation(mount.get(), "rslave"));
    TRY(mount_api::set_propagation(mount.get(), rootfs.propagation));
    TRY(map_ids(mount.get(), rootfs, userNamespace));
    TRY(mount_api::set_attributes(mount.get(), rootfs.attributes));
    return mount;
}

Result<UniqueFd> take_image(const plan::Rootfs& rootfs, int userNamespace) {
    const bool readOnly = std::ranges::find(rootfs.options, "ro") != rootfs.options.end();
    // Held until the filesystem holds the device; from then on it goes away with the last mount.
    const loop_device::Device device = TRY(loop_device::attach(rootfs.source, readOnly));
    UniqueFd mount = TRY(mount_api::make({rootfs.fstype, device.path, rootfs.options, rootfs.attributes}));
    TRY(map_ids(mount.get(), rootfs, userNamespace));
    return mount;
}

// A block device, or what a filesystem of its own kind calls its volumes.
Result<UniqueFd> take_device(const plan::Rootfs& rootfs, int userNamespace) {
    UniqueFd mount = TRY(mount_api::make({rootfs.fstype, rootfs.source, rootfs.options, rootfs.attributes}));
    TRY(map_ids(mount.get(), rootfs, userNamespace));
    return mount;
}

Result<UniqueFd> take(const plan::StartPlan& plan, int userNamespace, pid_t child) {
    const plan::Rootfs& rootfs = plan.rootfs;
    const bool isOverlay = rootfs.kind == plan::RootfsKind::Overlay;
    const bool hooked = !plan.hooks.preMount.empty() && child != sources::kHere;
    const auto make = [&]() -> Result<UniqueFd> {
        if (hooked)
            TRY(namespaces::join_mounts_of(child));
        if (isOverlay)
            return overlay::make(plan, rootfs.idmap.empty() ? -1 : userNamespace);
        if (rootfs.kind == plan::RootfsKind::Image)
            return take_image(rootfs, userNamespace);
        return rootfs.kind == plan::RootfsKind::Device ? take_device(rootfs, userNamespace)
                                                       : take_directory(rootfs, userNamespace);
    };
    if (!isOverlay && !hooked)
        return make();
    auto made = TRY(scratch::make_mounts(Deadline(kPatienceMs), [&]() -> Result<scratch::Mounts> {
        scratch::Mounts one;
        one.push_back({handshake::PreparedMount::kRootfs, TRY(make())});
        return one;
    }));
    return std::move(made.front().mount);
}

// Nothing lies over the new root: what a hook has mounted over the old one would have been unmounted in its
// place, and the host's tree would still be there. ".." of the root leads to the topmost mount on it.
Status check_alone(const plan::StartPlan& plan, int root) {
    struct statx mine {
    }, topmost{};
    if (statx(root, "", AT_EMPTY_PATH, STATX_MNT_ID, &mine) != 0 ||
        statx(AT_FDCWD, "/..", 0, STATX_MNT_ID, &topmost) != 0)
        return at(syscall_failure(kStep, "statx"), plan.rootfs.origin);
    if (mine.stx_mnt_id != topmost.stx_mnt_id)
        return at(refusal(kStep, "something is mounted over the host's root", "/"), plan.rootfs.origin);
    return {};
}

} // namespace

Status make_mount_point(const plan::StartPlan& plan) {
    const std::string& path = plan.rootfs.mountPath;
    if (plan.rootfs.kind == plan::RootfsKind::None || access(path.c_str(), F_OK) == 0)
        return {};
    for (size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
        const std::string directory = path.substr(0, slash);
        if (mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST)
            return at(syscall_failure(kStep, "mkdir", directory), plan.rootfs.origin);
        if (slash == std::string::npos)
            return {};
    }
}

Result<UniqueFd> prepare(const plan::StartPlan& plan, int userNamespace, pid_t child) {
    if (plan.rootfs.kind == plan::RootfsKind::None)
        return UniqueFd{};
    auto mount = take(plan, userNamespace, child);
    if (!mount.ok())
        return blame(mount.failure(), plan.rootfs);
    return mount;
}

Status isolate() {
    const UniqueFd root{open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!root)
        return syscall_failure(kStep, "open", "/");
    // Slave first: what the host unmounts meanwhile must also go here, or it would stay busy.
    Status status = mount_api::set_propagation(root.get(), "rslave");
    if (!status.ok())
        status.failure().step = kStep;
    return status;
}

Result<UniqueFd> open_mount_point(const plan::StartPlan& plan) {
    if (plan.rootfs.kind == plan::RootfsKind::None)
        return UniqueFd{};
    UniqueFd place{open(plan.rootfs.mountPath.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!place)
        return at(syscall_failure(kStep, "open", plan.rootfs.mountPath), plan.rootfs.origin);
    return place;
}

Result<UniqueFd> attach(const plan::StartPlan& plan, UniqueFd mount, const UniqueFd& mountPoint) {
    if (plan.rootfs.kind == plan::RootfsKind::None) {
        UniqueFd root{open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)};
        if (!root)
            return syscall_failure(kStep, "open", "/");
        return root;
    }
    Status attached = mount_api::attach(mount.get(), mountPoint.get());
    if (!attached.ok()) {
        attached.failure().path = plan.rootfs.mountPath;
        return blame(attached.failure(), plan.rootfs);
    }
    return mount;
}

Status enter(const plan::StartPlan& plan, int root) {
    if (plan.rootfs.kind == plan::RootfsKind::None)
        return {};
    if (fchdir(root) != 0)
        return at(syscall_failure(kStep, "fchdir"), plan.rootfs.origin);
    // The old root lands on top of the new one, and is taken off from there; no directory is needed for it.
    if (sys::pivot_root(".", ".") != 0)
        return at(syscall_failure(kStep, "pivot_root", plan.rootfs.mountPath), plan.rootfs.origin);
    if (umount2(".", MNT_DETACH) != 0)
        return at(syscall_failure(kStep, "umount2"), plan.rootfs.origin);
    if (chdir("/") != 0)
        return at(syscall_failure(kStep, "chdir", "/"), plan.rootfs.origin);
    TRY(check_alone(plan, root));
    Status shared = mount_api::set_propagation(root, "rshared");
    return shared.ok() ? shared : blame(std::move(shared.failure()), plan.rootfs);
}

} // namespace tlxc::rootfs
