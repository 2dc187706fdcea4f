#include "executor/mount/overlay.h"

#include <fcntl.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "common/split_path.h"
#include "executor/mount/idmap.h"
#include "executor/mount/mount_api.h"
#include "executor/mount/overlay_layer.h"

namespace tlxc::overlay {
namespace {

// In the workshop. kUpper and kWork: of changes that are kept in memory, others have the host's names.
constexpr const char* kChanges = "changes";
constexpr const char* kUpper = "upper";
constexpr const char* kWork = "work";

std::string lower_name(size_t index) {
    return "lower" + std::to_string(index);
}

// A mount namespace of this process alone, with a small tmpfs over its root as the place where layers are
// attached: overlay takes its layers by name, and these names are ours, whatever the directories are called
// on the host.
Result<UniqueFd> enter_workshop() {
    if (unshare(CLONE_NEWNS) != 0)
        return syscall_failure(kStep, "unshare");
    const UniqueFd root{open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!root)
        return syscall_failure(kStep, "open", "/");
    TRY(mount_api::set_propagation(root.get(), "rprivate"));
    const std::vector<std::string> options{"mode=0700", "size=64k"};
    UniqueFd workshop = TRY(mount_api::make({"tmpfs", "", options, {}}));
    TRY(mount_api::attach(workshop.get(), root.get()));
    if (fchdir(workshop.get()) != 0)
        return syscall_failure(kStep, "fchdir");
    return workshop;
}

Status make_directory(const std::string& path) {
    if (mkdir(path.c_str(), 0755) != 0 && errno != EEXIST)
        return syscall_failure(kStep, "mkdir", path);
    return {};
}

// The host's id of the container's id 0; -1: it has none.
int64_t outside_root(const plan::StartPlan& plan, plan::IdKind kind) {
    for (const auto& entry : plan.idmap)
        if (entry.kind == kind && entry.inside == 0 && entry.count > 0)
            return entry.outside;
    return -1;
}

// Overlay does its own work with the ids of who mounts it, and in an idmapped layer only mapped ids can own a
// file: so mount as the container's root, but keep the host's capabilities, which overlay needs for its
// attributes.
Status become_owner(const plan::StartPlan& plan) {
    const int64_t uid = outside_root(plan, plan::IdKind::Uid);
    const int64_t gid = outside_root(plan, plan::IdKind::Gid);
    if (uid < 0 || gid < 0)
        return refusal(kStep, "the container's root is not mapped", plan.rootfs.upper);
    if (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) != 0)
        return syscall_failure(kStep, "prctl");
    setfsgid(static_cast<gid_t>(gid));
    setfsuid(static_cast<uid_t>(uid));
    // These two calls report nothing; asking for an impossible id changes nothing and tells the present one.
    if (setfsgid(static_cast<gid_t>(-1)) != static_cast<int>(gid) ||
        setfsuid(static_cast<uid_t>(-1)) != static_cast<int>(uid))
        return refusal(kStep, "the container's root id cannot be taken", plan.rootfs.upper);
    return {};
}

// The directories of the upper layer on a tmpfs that nobody else sees: in the workshop, before any id is
// changed. The root of the merged tree takes owner and mode from the upper directory.
Status make_changes_in_memory(const plan::Rootfs& rootfs, int topmostLower) {
    UniqueFd memory = TRY(mount_api::make({"tmpfs", "", rootfs.tmpfs, {}}));
    TRY(attach_layer({"tmpfs", kChanges, std::move(memory)}));
    struct stat root {};
    if (fstat(topmostLower, &root) != 0)
        return syscall_failure(kStep, "fstat", rootfs.lower.front().source);
    for (const char* name : {kUpper, kWork}) {
        const std::string path = std::string(kChanges) + "/" + name;
        if (mkdir(path.c_str(), 0700) != 0)
            return syscall_failure(kStep, "mkdir", path);
        if (chown(path.c_str(), root.st_uid, root.st_gid) != 0)
            return syscall_failure(kStep, "chown", path);
    }
    if (chmod((std::string(kChanges) + "/" + kUpper).c_str(), root.st_mode & 07777) != 0)
        return syscall_failure(kStep, "chmod", rootfs.lower.front().source);
    return {};
}

// Where the changes go, in the workshop.
struct Names {
    std::string upper = kUpper;
    std::string work = kWork;
};

// On disk: one mount for upper and work, since overlay renames between the two.
Result<Names> take_changes(const plan::Rootfs& rootfs, int userNamespace, std::vector<Layer>& layers) {
    if (rootfs.upper.empty())
        return Names{};
    const auto [parent, upper] = split_path(rootfs.upper);
    const auto [workParent, work] = split_path(rootfs.work);
    if (parent != workParent)
        return refusal(kStep, "upper and work lie in different directories", rootfs.work);
    TRY(make_directory(rootfs.upper));
    TRY(make_directory(rootfs.work));
    layers.push_back(TRY(take_directory(parent, kChanges, userNamespace)));
    return Names{upper, work};
}

std::vector<std::string> options_of(const plan::StartPlan& plan, const Names& names) {
    std::vector<std::string> options = plan.rootfs.options;
    std::string lower;
    for (size_t i = 0; i < plan.rootfs.lower.size(); ++i)
        lower += (i == 0 ? "" : ":") + lower_name(i);
    options.push_back("lowerdir=" + lower);
    options.push_back(std::string("upperdir=") + kChanges + "/" + names.upper);
    options.push_back(std::string("workdir=") + kChanges + "/" + names.work);
    options.emplace_back("metacopy=off"); // a file's content never depends on an attribute of the upper layer
    return options;
}

} // namespace

Result<UniqueFd> make(const plan::StartPlan& plan, int userNamespace) {
    const plan::Rootfs& rootfs = plan.rootfs;
    std::vector<Layer> layers;
    const Names names = TRY(take_changes(rootfs, userNamespace, layers));
    for (size_t i = 0; i < rootfs.lower.size(); ++i)
        layers.push_back(TRY(take_layer(rootfs.lower[i], lower_name(i), userNamespace)));
    if (plan.user)
        TRY(idmap::become_root(plan)); // who took the layers; the files in them are the container's
    const UniqueFd workshop = TRY(enter_workshop());
    for (const auto& layer : layers)
        TRY(attach_layer(layer));
    if (rootfs.upper.empty())
        TRY(make_changes_in_memory(rootfs, layers.front().mount.get()));
    if (userNamespace >= 0)
        TRY(become_owner(plan));
    auto mount = mount_api::make({"overlay", "overlay", options_of(plan, names), rootfs.attributes});
    if (!mount.ok())
        return blame(mount.failure(), rootfs.upper.empty() ? rootfs.lower.front().source : rootfs.upper);
    return mount;
}

} // namespace tlxc::overlay
