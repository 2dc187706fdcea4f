// What a start makes in the tree besides mounts: directories, links, device nodes.
#include "executor/mount/tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "executor/host_node.h"
#include "executor/mount/mount_api.h"
#include "executor/mount/procfs.h"

namespace tlxc {

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

Status Tree::perform(const plan::GiveDevice& step) {
    if (!step.node.mounted && step.bindFrom.empty())
        return make_node(step);
    const UniqueFd mount = take_prepared();
    if (!mount)
        return step.optional ? Status{} : Status{refusal("device", "not prepared")};
    const UniqueFd target = TRY(root_.find_or_make(step.target, plan::Create::File));
    if (step.bindFrom.empty())
        TRY(host_node::give(mount.get(), "", step.node, root_, procfs::open_root()));
    return mount_api::attach(mount.get(), target.get());
}

// What is there already keeps its owner: it may be the host's own, which lxc.mount.entry has brought.
Status Tree::make_node(const plan::GiveDevice& step) {
    const auto entry = TRY(root_.entry(step.target));
    const int directory = entry.directory.get();
    const char* name = entry.name.c_str();
    Status made = host_node::make(directory, name, step.node);
    if (made.ok())
        return host_node::give(directory, name, step.node, root_, procfs::open_root());
    if (made.failure().err != EEXIST)
        return made;
    struct stat there {};
    if (fstatat(directory, name, &there, AT_SYMLINK_NOFOLLOW) != 0)
        return syscall_failure("device", "fstatat");
    return host_node::is(there, step.node) ? Status{}
                                           : Status{refusal("device", "another file has this name")};
}

} // namespace tlxc
