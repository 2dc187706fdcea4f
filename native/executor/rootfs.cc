#include "executor/rootfs.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "common/syscalls.h"
#include "executor/mount_api.h"
#include "executor/namespaces.h"
#include "executor/overlay.h"
#include "executor/scratch.h"

namespace tlxc::rootfs {
namespace {

constexpr const char* kStep = "rootfs";

Failure blame(Failure failure, const plan::Rootfs& rootfs) {
    if (failure.step == "mount")
        failure.step = kStep;
    if (failure.path.empty())
        failure.path = rootfs.kind == plan::RootfsKind::Bind ? rootfs.source : rootfs.upper;
    return at(std::move(failure), rootfs.origin);
}

Result<UniqueFd> take_directory(const plan::Rootfs& rootfs, int userNamespace) {
    UniqueFd mount = TRY(mount_api::clone(AT_FDCWD, rootfs.source, mount_api::Depth::Tree));
    TRY(mount_api::set_propagation(mount.get(), "rprivate"));
    if (userNamespace >= 0) {
        Status mapped = mount_api::set_idmap(mount.get(), userNamespace);
        if (!mapped.ok()) {
            mapped.failure().step = "rootfs idmap";
            return mapped.failure();
        }
    }
    TRY(mount_api::set_attributes(mount.get(), rootfs.attributes));
    return mount;
}

Status join_mounts_of(pid_t child) {
    const UniqueFd theirs = TRY(namespaces::open(child, "mnt"));
    if (setns(theirs.get(), CLONE_NEWNS) != 0)
        return syscall_failure(kStep, "setns");
    return {};
}

Result<UniqueFd> take(const plan::StartPlan& plan, int userNamespace, pid_t child) {
    const plan::Rootfs& rootfs = plan.rootfs;
    const bool isOverlay = rootfs.kind == plan::RootfsKind::Overlay;
    const bool hooked = !plan.hooks.preMount.empty() && child != kHere;
    const auto make = [&]() -> Result<UniqueFd> {
        if (hooked)
            TRY(join_mounts_of(child));
        return isOverlay ? overlay::make(plan, userNamespace) : take_directory(rootfs, userNamespace);
    };
    return isOverlay || hooked ? scratch::make_mount(make) : make();
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
    if (plan.rootfs.idmapped && userNamespace < 0)
        return blame(refusal("rootfs idmap", "no user namespace to map with"), plan.rootfs);
    auto mount = take(plan, plan.rootfs.idmapped ? userNamespace : -1, child);
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
    return check_alone(plan, root);
}

} // namespace tlxc::rootfs
