// btrfs: subvolumes for containers. The paths are those of containers' own directories, which are root's
// alone.
#include <fcntl.h>

#include "addon/families.h"
#include "addon/js.h"
#include "addon/subvolumes.h"
#include "common/unique_fd.h"

namespace tlxc {
namespace {

// A directory, no link in its last part.
Result<UniqueFd> open_directory(const std::string& path) {
    UniqueFd fd{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!fd)
        return syscall_failure("btrfs", "open", path);
    return fd;
}

Status create(const Napi::Object& options) {
    const UniqueFd directory = TRY(open_directory(js::text(options, "directory")));
    return subvolumes::create(directory.get(), js::text(options, "name"));
}

Status snapshot(const Napi::Object& options) {
    const UniqueFd source = TRY(open_directory(js::text(options, "source")));
    const UniqueFd directory = TRY(open_directory(js::text(options, "directory")));
    return subvolumes::snapshot(source.get(), directory.get(), js::text(options, "name"));
}

Status remove_below(const Napi::Object& options) {
    const UniqueFd directory = TRY(open_directory(js::text(options, "path")));
    return subvolumes::remove_below(directory.get());
}

Status limit(const Napi::Object& options) {
    const UniqueFd subvolume = TRY(open_directory(js::text(options, "path")));
    const auto bytes = options.Get("bytes").ToNumber().Int64Value();
    return subvolumes::limit(subvolume.get(), static_cast<uint64_t>(bytes));
}

Napi::Value usage(const Napi::CallbackInfo& info) {
    const auto env = info.Env();
    auto subvolume = open_directory(js::text(info[0].As<Napi::Object>(), "path"));
    if (!subvolume.ok())
        return js::failure(env, subvolume.failure());
    auto found = subvolumes::usage(subvolume.value().get());
    if (!found.ok())
        return js::failure(env, found.failure());
    if (!found.value())
        return env.Null();
    auto out = Napi::Object::New(env);
    out.Set("bytes", static_cast<double>(found.value()->bytes));
    out.Set("limit", static_cast<double>(found.value()->limit));
    return out;
}

template <Status (*Action)(const Napi::Object&)> Napi::Value done(const Napi::CallbackInfo& info) {
    const Status status = Action(info[0].As<Napi::Object>());
    return status.ok() ? info.Env().Null() : js::failure(info.Env(), status.failure());
}

} // namespace

void export_btrfs(Napi::Env env, Napi::Object exports) {
    exports.Set("createSubvolume", Napi::Function::New(env, done<create>));
    exports.Set("snapshotSubvolume", Napi::Function::New(env, done<snapshot>));
    exports.Set("removeSubvolumes", Napi::Function::New(env, done<remove_below>));
    exports.Set("limitSubvolume", Napi::Function::New(env, done<limit>));
    exports.Set("subvolumeUsage", Napi::Function::New(env, usage));
}

} // namespace tlxc
