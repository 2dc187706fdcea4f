#include "executor/tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "executor/boot_id.h"
#include "executor/mount_api.h"
#include "executor/resolve.h"

namespace tlxc {
namespace {

const char* step_name(const plan::MountFilesystem&) {
    return "mount";
}
const char* step_name(const plan::MountBind&) {
    return "mount";
}
const char* step_name(const plan::MountRemount&) {
    return "remount";
}
const char* step_name(const plan::MountMask&) {
    return "mask";
}
const char* step_name(const plan::MountReadonly&) {
    return "readonly";
}
const char* step_name(const plan::MountBootId&) {
    return "boot-id";
}
const char* step_name(const plan::MakeDirectory&) {
    return "directory";
}
const char* step_name(const plan::MakeSymlink&) {
    return "symlink";
}
const char* step_name(const plan::MakeDevice&) {
    return "device";
}

bool is_optional(const plan::MountFilesystem& step) {
    return step.optional;
}
bool is_optional(const plan::MountBind& step) {
    return step.optional;
}
bool is_optional(const plan::MountRemount& step) {
    return step.optional;
}
template <typename Step> bool is_optional(const Step&) {
    return false;
}

bool is_missing(const Failure& failure) {
    return failure.err == ENOENT || failure.err == ENOTDIR;
}

// An empty file and an empty directory, and room for one file more, on a tmpfs of our own: what masks a file
// is never something that the container could have put there. To be cloned it has to be attached; it lies
// over the old root, where no path leads.
Result<UniqueFd> make_empties() {
    const UniqueFd root{open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!root)
        return syscall_failure("mask", "open", "/");
    const std::vector<std::string> options{"mode=0755", "size=4k", "nr_inodes=4"};
    const std::vector<std::string> attributes{"nosuid", "nodev", "noexec"};
    UniqueFd empties = TRY(mount_api::make({"tmpfs", "none", options, attributes}));
    TRY(mount_api::attach(empties.get(), root.get()));
    const UniqueFd file{openat(empties.get(), "file", O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0444)};
    if (!file)
        return syscall_failure("mask", "openat");
    if (mkdirat(empties.get(), "directory", 0555) != 0)
        return syscall_failure("mask", "mkdirat");
    return empties;
}

} // namespace

Status Tree::perform(const std::vector<plan::TreeStep>& steps) {
    for (const auto& each : steps) {
        Status status = std::visit(
            [this](const auto& step) -> Status {
                Status done = perform(step);
                if (done.ok() || is_optional(step))
                    return {};
                Failure& failure = done.failure();
                failure.step = step_name(step);
                failure.path = resolve::shown(plan_, step.target);
                return at(std::move(failure), step.origin);
            },
            each);
        if (!status.ok())
            return status;
        ++number_;
    }
    return {};
}

Status Tree::protect() {
    TRY(perform(plan_.protect));
    if (!empties_)
        return {};
    // Left where it is, it would lie over the old root when that is to be unmounted, and be unmounted in its
    // place.
    if (fchdir(empties_.get()) != 0)
        return syscall_failure("mask", "fchdir");
    if (umount2(".", MNT_DETACH) != 0)
        return syscall_failure("mask", "umount2");
    if (chdir("/") != 0)
        return syscall_failure("mask", "chdir");
    return {};
}

Status Tree::perform(const plan::MountFilesystem& step) {
    const UniqueFd target = TRY(root_.find_or_make(step.target, step.create));
    UniqueFd mount = step.byMonitor
                         ? take_prepared()
                         : TRY(mount_api::make({step.fstype, step.source, step.options, step.attributes}));
    if (!mount)
        return {};
    TRY(mount_api::attach(mount.get(), target.get()));
    TRY(settle_later(mount, step.lastPropagation, step.target, step.origin));
    root_.remember(step.target, std::move(mount));
    return {};
}

Status Tree::perform(const plan::MountBind& step) {
    UniqueFd mount = step.sourceIn == plan::SourceIn::Host ? take_prepared() : TRY(clone_below(step));
    if (!mount)
        return {}; // its source does not exist, and it may be so
    const UniqueFd target = TRY(root_.find_or_make(step.target, step.create));
    TRY(mount_api::attach(mount.get(), target.get()));
    TRY(settle_later(mount, step.lastPropagation, step.target, step.origin));
    root_.remember(step.target, std::move(mount));
    return {};
}

Status Tree::perform(const plan::MountRemount& step) {
    const UniqueFd target = TRY(root_.find(step.target));
    if (!step.options.empty())
        TRY(mount_api::reconfigure(target.get(), step.options));
    return mount_api::set_attributes(target.get(), step.attributes);
}

Status Tree::settle_later(const UniqueFd& mount, const std::string& propagation, const std::string& target,
                          const plan::Origin& origin) {
    if (propagation.empty())
        return {};
    UniqueFd copy{fcntl(mount.get(), F_DUPFD_CLOEXEC, 3)};
    if (!copy)
        return syscall_failure("mount", "fcntl");
    unsettled_.push_back({std::move(copy), propagation, target, origin});
    return {};
}

Status Tree::settle() {
    for (const auto& each : unsettled_) {
        Status done = mount_api::set_propagation(each.mount.get(), each.propagation);
        if (done.ok())
            continue;
        done.failure().path = resolve::shown(plan_, each.target);
        return at(std::move(done.failure()), each.origin);
    }
    return {};
}

UniqueFd Tree::take_prepared() {
    while (nextPrepared_ < prepared_.size() && prepared_[nextPrepared_].step < number_)
        ++nextPrepared_;
    if (nextPrepared_ == prepared_.size() || prepared_[nextPrepared_].step != number_)
        return {};
    return std::move(prepared_[nextPrepared_++].mount);
}

Result<UniqueFd> Tree::clone_below(const plan::MountBind& step) {
    UniqueFd mount = TRY(root_.find(step.source));
    if (!step.moves)
        mount = TRY(mount_api::clone(mount.get(), "",
                                     step.recursive ? mount_api::Depth::Tree : mount_api::Depth::Top));
    if (!step.propagation.empty())
        TRY(mount_api::set_propagation(mount.get(), step.propagation));
    TRY(mount_api::set_attributes(mount.get(), step.attributes));
    return mount;
}

Status Tree::perform(const plan::MountMask& step) {
    auto target = root_.find_linked(step.target);
    if (!target.ok() && is_missing(target.failure()))
        return {};
    if (!target.ok())
        return target.failure();
    if (!empties_)
        empties_ = TRY(make_empties());
    struct stat status {};
    if (fstat(target.value().get(), &status) != 0)
        return syscall_failure("mask", "fstat");
    const char* empty = S_ISDIR(status.st_mode) ? "directory" : "file";
    const UniqueFd mask = TRY(mount_api::clone(empties_.get(), empty, mount_api::Depth::Top));
    TRY(mount_api::make_readonly(mask.get()));
    return mount_api::attach(mask.get(), target.value().get());
}

Status Tree::perform(const plan::MountReadonly& step) {
    auto target = root_.find_linked(step.target);
    if (!target.ok() && is_missing(target.failure()))
        return {};
    if (!target.ok())
        return target.failure();
    struct statx status {};
    if (statx(target.value().get(), "", AT_EMPTY_PATH, 0, &status) != 0)
        return syscall_failure("readonly", "statx");
    // A mount of its own is made read-only itself: nothing writable is left below that an umount would
    // uncover.
    if ((status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0)
        return mount_api::make_readonly(target.value().get());
    const UniqueFd copy = TRY(mount_api::clone(target.value().get(), "", mount_api::Depth::Tree));
    TRY(mount_api::make_readonly(copy.get()));
    return mount_api::attach(copy.get(), target.value().get());
}

Status Tree::perform(const plan::MountBootId& step) {
    auto target = root_.find(step.target);
    if (!target.ok() && is_missing(target.failure()))
        return {};
    if (!target.ok())
        return target.failure();
    if (!empties_)
        empties_ = TRY(make_empties());
    TRY(boot_id::write(empties_.get(), "boot_id"));
    const UniqueFd file = TRY(mount_api::clone(empties_.get(), "boot_id", mount_api::Depth::Top));
    TRY(mount_api::make_readonly(file.get()));
    return mount_api::attach(file.get(), target.value().get());
}

Status Tree::perform(const plan::MakeDirectory& step) {
    const auto entry = TRY(root_.entry(step.target));
    if (mkdirat(entry.directory.get(), entry.name.c_str(), static_cast<mode_t>(step.mode)) == 0)
        return {};
    if (errno != EEXIST)
        return syscall_failure("directory", "mkdirat");
    struct stat there {};
    if (fstatat(entry.directory.get(), entry.name.c_str(), &there, AT_SYMLINK_NOFOLLOW) != 0)
        return syscall_failure("directory", "fstatat");
    if (!S_ISDIR(there.st_mode))
        return refusal("directory", "another file has this name");
    return {};
}

Status Tree::perform(const plan::MakeSymlink& step) {
    const auto entry = TRY(root_.entry(step.target));
    // What is there already stays: with lxc.autodev = 0 the directory is the image's.
    if (symlinkat(step.to.c_str(), entry.directory.get(), entry.name.c_str()) != 0 && errno != EEXIST)
        return syscall_failure("symlink", "symlinkat");
    return {};
}

Status Tree::perform(const plan::MakeDevice& step) {
    if (step.bindFrom.empty())
        return make_node(step);
    const UniqueFd mount = take_prepared();
    if (!mount)
        return refusal("device", "not prepared");
    const UniqueFd target = TRY(root_.find_or_make(step.target, plan::Create::File));
    return mount_api::attach(mount.get(), target.get());
}

Status Tree::make_node(const plan::MakeDevice& step) {
    const auto entry = TRY(root_.entry(step.target));
    const dev_t device = makedev(static_cast<unsigned>(step.major), static_cast<unsigned>(step.minor));
    const mode_t mode = S_IFCHR | static_cast<mode_t>(step.mode);
    if (mknodat(entry.directory.get(), entry.name.c_str(), mode, device) == 0)
        return {};
    if (errno != EEXIST)
        return syscall_failure("device", "mknodat");
    struct stat there {};
    if (fstatat(entry.directory.get(), entry.name.c_str(), &there, AT_SYMLINK_NOFOLLOW) != 0)
        return syscall_failure("device", "fstatat");
    if (!S_ISCHR(there.st_mode) || there.st_rdev != device)
        return refusal("device", "another file has this name");
    return {};
}

} // namespace tlxc
