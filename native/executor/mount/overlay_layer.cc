#include "executor/mount/overlay_layer.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "executor/mount/loop_device.h"
#include "executor/mount/mount_api.h"

namespace tlxc::overlay {
namespace {

Result<Layer> finish(UniqueFd mount, const std::string& source, std::string name, int userNamespace) {
    if (userNamespace >= 0) {
        Status mapped = mount_api::set_idmap(mount.get(), userNamespace);
        if (!mapped.ok()) {
            Failure failure = blame(mapped.failure(), source);
            failure.step = "rootfs idmap";
            return failure;
        }
    }
    return Layer{source, std::move(name), std::move(mount)};
}

// The device goes with the last mount of the filesystem, so nothing stays, whoever is killed.
Result<UniqueFd> mount_image(const plan::Layer& layer) {
    const loop_device::Device device = TRY(loop_device::attach(layer.source, true));
    const std::vector<std::string> options{"ro"};
    return mount_api::make({layer.fstype, device.path, options, {}});
}

} // namespace

Failure blame(Failure failure, const std::string& path) {
    failure.step = kStep;
    if (failure.path.empty())
        failure.path = path;
    return failure;
}

Result<Layer> take_directory(const std::string& source, std::string name, int userNamespace) {
    auto mount = mount_api::clone(AT_FDCWD, source, mount_api::Depth::Top);
    if (!mount.ok())
        return blame(mount.failure(), source);
    TRY(mount_api::set_propagation(mount.value().get(), "private"));
    return finish(std::move(mount.value()), source, std::move(name), userNamespace);
}

Result<Layer> take_layer(const plan::Layer& layer, std::string name, int userNamespace) {
    if (layer.fstype.empty())
        return take_directory(layer.source, std::move(name), userNamespace);
    auto mount = mount_image(layer);
    if (!mount.ok())
        return blame(mount.failure(), layer.source);
    return finish(std::move(mount.value()), layer.source, std::move(name), userNamespace);
}

Status attach_layer(const Layer& layer) {
    if (mkdir(layer.name.c_str(), 0700) != 0)
        return syscall_failure(kStep, "mkdir", layer.source);
    const UniqueFd place{open(layer.name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!place)
        return syscall_failure(kStep, "open", layer.source);
    Status attached = mount_api::attach(layer.mount.get(), place.get());
    if (!attached.ok())
        return blame(attached.failure(), layer.source);
    return {};
}

} // namespace tlxc::overlay
