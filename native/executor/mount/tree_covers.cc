// What a start lays over places of the tree: emptiness, a read-only copy, a boot id.
#include "executor/mount/tree.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "executor/boot_id.h"
#include "executor/mount/mount_api.h"

namespace tlxc {
namespace {

// Invalid where the container has no such place: then there is nothing to be covered.
Result<UniqueFd> if_there(Result<UniqueFd> found) {
    if (!found.ok() && (found.failure().err == ENOENT || found.failure().err == ENOTDIR))
        return UniqueFd{};
    return found;
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

Status Tree::perform(const plan::MountMask& step) {
    const UniqueFd target = TRY(if_there(root_.find_linked(step.target)));
    if (!target)
        return {};
    if (!empties_)
        empties_ = TRY(make_empties());
    struct stat status {};
    if (fstat(target.get(), &status) != 0)
        return syscall_failure("mask", "fstat");
    const char* empty = S_ISDIR(status.st_mode) ? "directory" : "file";
    const UniqueFd mask = TRY(mount_api::clone(empties_.get(), empty, mount_api::Depth::Top));
    TRY(mount_api::make_readonly(mask.get()));
    return mount_api::attach(mask.get(), target.get());
}

Status Tree::perform(const plan::MountReadonly& step) {
    const UniqueFd target = TRY(if_there(root_.find_linked(step.target)));
    if (!target)
        return {};
    struct statx status {};
    if (statx(target.get(), "", AT_EMPTY_PATH, 0, &status) != 0)
        return syscall_failure("readonly", "statx");
    // A mount of its own is made read-only itself: nothing writable is left below that an umount would
    // uncover.
    if ((status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0)
        return mount_api::make_readonly(target.get());
    const UniqueFd copy = TRY(mount_api::clone(target.get(), "", mount_api::Depth::Tree));
    TRY(mount_api::make_readonly(copy.get()));
    return mount_api::attach(copy.get(), target.get());
}

Status Tree::perform(const plan::MountBootId& step) {
    const UniqueFd target = TRY(if_there(root_.find(step.target)));
    if (!target)
        return {};
    if (!empties_)
        empties_ = TRY(make_empties());
    TRY(boot_id::write(empties_.get(), "boot_id"));
    const UniqueFd file = TRY(mount_api::clone(empties_.get(), "boot_id", mount_api::Depth::Top));
    TRY(mount_api::make_readonly(file.get()));
    return mount_api::attach(file.get(), target.get());
}

} // namespace tlxc
