#include "executor/mount/sources.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "executor/host_node.h"
#include "executor/mount/mount_api.h"
#include "executor/mount/owner.h"
#include "executor/mount/rootfs.h"
#include "executor/mount/scratch.h"
#include "executor/namespaces.h"

namespace tlxc::sources {
namespace {

constexpr int kPatienceMs = 60'000;

Failure blame(Failure failure, const char* step, const std::string& source, const plan::Origin& origin) {
    failure.step = step;
    if (failure.path.empty())
        failure.path = source;
    return at(std::move(failure), origin);
}

Status check_is_mount(const std::string& path) {
    struct statx status {};
    if (statx(AT_FDCWD, path.c_str(), 0, 0, &status) != 0)
        return syscall_failure("mount", "statx", path);
    if ((status.stx_attributes & STATX_ATTR_MOUNT_ROOT) == 0)
        return refusal("mount", "only a mount can be moved", path);
    return {};
}

Result<UniqueFd> take(const plan::MountBind& bind, int userNamespace) {
    const auto depth = bind.recursive || bind.moves ? mount_api::Depth::Tree : mount_api::Depth::Top;
    UniqueFd mount = TRY(mount_api::clone(AT_FDCWD, bind.source, depth));
    // The host keeps its own mount; of the container's copy of its tree, which a start throws away, nothing
    // else would be seen once the mount is moved.
    if (bind.moves)
        TRY(check_is_mount(bind.source));
    // As if it had been bound from within: what the host mounts there later shows inside, never the reverse.
    TRY(mount_api::set_propagation(mount.get(), "rslave"));
    if (!bind.propagation.empty())
        TRY(mount_api::set_propagation(mount.get(), bind.propagation));
    TRY(mount_api::set_idmap(mount.get(), bind.idmap, userNamespace));
    if (bind.owner)
        TRY(mount_api::set_owner(mount.get(), *bind.owner));
    TRY(mount_api::set_attributes(mount.get(), bind.attributes));
    return mount;
}

Result<UniqueFd> take(const plan::MakeDevice& device) {
    UniqueFd mount = TRY(mount_api::clone(AT_FDCWD, device.bindFrom, mount_api::Depth::Top));
    struct stat status {};
    if (fstat(mount.get(), &status) != 0)
        return syscall_failure("device", "fstat");
    const dev_t wanted = makedev(static_cast<unsigned>(device.major), static_cast<unsigned>(device.minor));
    if (!S_ISCHR(status.st_mode) || status.st_rdev != wanted)
        return refusal("device", "another file than the device");
    // Or what the container mounts over it would lie over the host's own device, too.
    TRY(mount_api::set_propagation(mount.get(), "private"));
    return mount;
}

Result<UniqueFd> take(const plan::GiveDevice& device) {
    UniqueFd mount = TRY(mount_api::clone(AT_FDCWD, device.bindFrom, mount_api::Depth::Top));
    struct stat status {};
    if (fstat(mount.get(), &status) != 0)
        return syscall_failure("device", "fstat");
    if (!host_node::is(status, device.node))
        return refusal("device", "another file than the device");
    TRY(mount_api::set_propagation(mount.get(), "private"));
    return mount;
}

// Whether the monitor prepares the step.
bool is_bind(const plan::TreeStep& step) {
    const auto* bind = std::get_if<plan::MountBind>(&step);
    return bind != nullptr && bind->sourceIn == plan::SourceIn::Host;
}

// Whether it makes a node for it.
bool made_here(const plan::TreeStep& step) {
    const auto* given = std::get_if<plan::GiveDevice>(&step);
    return given != nullptr && given->node.mounted && given->bindFrom.empty();
}

struct Preparation {
    std::vector<handshake::PreparedMount> mounts;
    int userNamespace;
    int64_t step = 0;

    Status add(Result<UniqueFd> taken, const char* name, const std::string& source,
               const plan::Origin& origin, bool optional) {
        if (!taken.ok() && !optional)
            return blame(std::move(taken.failure()), name, source, origin);
        mounts.push_back({step, taken.ok() ? std::move(taken.value()) : UniqueFd{}});
        return {};
    }

    Status add_mount(const plan::TreeStep& each) {
        if (is_bind(each)) {
            const auto& bind = std::get<plan::MountBind>(each);
            return add(take(bind, userNamespace), "mount", bind.source, bind.origin, bind.optional);
        }
        const auto* filesystem = std::get_if<plan::MountFilesystem>(&each);
        if (filesystem != nullptr && filesystem->byMonitor)
            return add(mount_api::make({filesystem->fstype, filesystem->source, filesystem->options,
                                        filesystem->attributes}),
                       "mount", filesystem->source, filesystem->origin, filesystem->optional);
        const auto* device = std::get_if<plan::MakeDevice>(&each);
        if (device != nullptr && !device->bindFrom.empty())
            return add(take(*device), "device", device->bindFrom, device->origin, false);
        const auto* given = std::get_if<plan::GiveDevice>(&each);
        if (given != nullptr && !given->bindFrom.empty())
            return add(take(*given), "device", given->bindFrom, given->origin, given->optional);
        return {};
    }

    // The nodes that are mounted; each is made where nobody else is.
    Status add_node(const plan::TreeStep& each) {
        const auto* given = std::get_if<plan::GiveDevice>(&each);
        if (given == nullptr || !made_here(each))
            return {};
        return add(host_node::make_mountable(given->node), "device", "/" + given->target, given->origin,
                   false);
    }
};

using Lists = std::array<const std::vector<plan::TreeStep>*, 3>;

bool any(const Lists& lists, bool (*is)(const plan::TreeStep&)) {
    return std::ranges::any_of(lists, [is](const auto* steps) { return std::ranges::any_of(*steps, is); });
}

// One after the other, numbered through all lists.
Result<scratch::Mounts> prepare_each(const Lists& lists, int userNamespace,
                                     Status (Preparation::*prepare)(const plan::TreeStep&)) {
    Preparation preparation{{}, userNamespace};
    for (const auto* steps : lists) {
        for (const auto& each : *steps) {
            TRY((preparation.*prepare)(each));
            ++preparation.step;
        }
    }
    return std::move(preparation.mounts);
}

Result<scratch::Mounts> make_nodes(const Lists& lists) {
    return scratch::make_mounts(Deadline(kPatienceMs), [&]() -> Result<scratch::Mounts> {
        if (unshare(CLONE_NEWNS) != 0)
            return syscall_failure("device", "unshare");
        TRY(rootfs::isolate());
        return prepare_each(lists, -1, &Preparation::add_node);
    });
}

} // namespace

Result<std::vector<handshake::PreparedMount>> prepare(const plan::StartPlan& plan, int userNamespace,
                                                      pid_t child) {
    const Lists lists{&plan.tree, &plan.devices, &plan.protect};
    const auto make = [&](bool join) -> Result<scratch::Mounts> {
        if (join)
            TRY(namespaces::join_mounts_of(child));
        return prepare_each(lists, userNamespace, &Preparation::add_mount);
    };
    // In the child's mount namespace the kernel has locked what the host's mounts forbid, for who is root in
    // there only; and what pre-mount hooks have mounted is only there.
    const bool inChilds =
        child != kHere && any(lists, is_bind) && (userNamespace >= 0 || !plan.hooks.preMount.empty());
    auto mounts = inChilds ? TRY(scratch::make_mounts(Deadline(kPatienceMs), [&] { return make(true); }))
                           : TRY(make(false));
    if (any(lists, made_here)) {
        std::ranges::move(TRY(make_nodes(lists)), std::back_inserter(mounts));
        std::ranges::sort(mounts, {}, &handshake::PreparedMount::step);
    }
    return mounts;
}

} // namespace tlxc::sources
