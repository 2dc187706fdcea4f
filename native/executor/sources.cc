#include "executor/sources.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "executor/mount_api.h"

namespace tlxc::sources {
namespace {

Failure blame(Failure failure, const char* step, const std::string& source, const plan::Origin& origin) {
    failure.step = step;
    failure.path = source;
    return at(std::move(failure), origin);
}

Result<UniqueFd> take(const plan::MountBind& bind, int userNamespace) {
    UniqueFd mount = TRY(mount_api::clone(AT_FDCWD, bind.source,
                                          bind.recursive ? mount_api::Depth::Tree : mount_api::Depth::Top));
    // As if it had been bound from within: what the host mounts there later shows inside, never the reverse.
    TRY(mount_api::set_propagation(mount.get(), "rslave"));
    if (!bind.propagation.empty())
        TRY(mount_api::set_propagation(mount.get(), bind.propagation));
    if (bind.idmapped) {
        if (userNamespace < 0)
            return refusal("mount", "no user namespace to map with");
        Status mapped = mount_api::set_idmap(mount.get(), userNamespace);
        if (!mapped.ok()) {
            mapped.failure().detail = "idmap";
            return mapped.failure();
        }
    }
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

struct Preparation {
    std::vector<handshake::PreparedMount> mounts;
    int userNamespace;
    int64_t step = 0;

    Status add(const plan::TreeStep& each) {
        if (const auto* bind = std::get_if<plan::MountBind>(&each)) {
            if (bind->sourceIn != plan::SourceIn::Host)
                return {};
            auto taken = take(*bind, userNamespace);
            if (!taken.ok() && !bind->optional)
                return blame(taken.failure(), "mount", bind->source, bind->origin);
            mounts.push_back({step, taken.ok() ? std::move(taken.value()) : UniqueFd{}});
        } else if (const auto* device = std::get_if<plan::MakeDevice>(&each)) {
            if (device->bindFrom.empty())
                return {};
            auto taken = take(*device);
            if (!taken.ok())
                return blame(taken.failure(), "device", device->bindFrom, device->origin);
            mounts.push_back({step, std::move(taken.value())});
        }
        return {};
    }
};

} // namespace

Result<std::vector<handshake::PreparedMount>> prepare(const plan::StartPlan& plan, int userNamespace) {
    Preparation preparation{{}, userNamespace};
    for (const auto* steps : {&plan.tree, &plan.devices, &plan.protect}) {
        for (const auto& each : *steps) {
            TRY(preparation.add(each));
            ++preparation.step;
        }
    }
    return std::move(preparation.mounts);
}

} // namespace tlxc::sources
