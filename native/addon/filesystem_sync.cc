// What was written is brought to disk, aside: it takes as long as the disk does, and progress is shown
// meanwhile. Mostly the disk is quicker than the event loop.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "addon/aside.h"
#include "addon/families.h"
#include "addon/js.h"
#include "addon/readiness.h"
#include "addon/small_tree.h"

namespace tlxc {
namespace {

// For so long the caller's thread waits, as it does for an fsync(2); then the event loop does.
constexpr int kAtOnceMs = 20;

// Errors of files that were written earlier are told here, too: each once to every descriptor opened before.
Status sync(const std::string& path) {
    const UniqueFd fd{::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
    if (!fd)
        return syscall_failure("sync", "open", path);
    if (::syncfs(fd.get()) != 0)
        return syscall_failure("sync", "syncfs", path);
    return {};
}

Napi::Value outcome(Napi::Env env, const Status& status) {
    return status.ok() ? env.Null() : Napi::Value(js::failure(env, status.failure()));
}

Status sync_tree(const std::string& path, const std::vector<std::string>& others) {
    if (small_tree::much_is_dirty()) {
        auto alone = small_tree::sync(path, others);
        if (!alone.ok())
            return std::move(alone.failure());
        if (alone.value())
            return {};
    }
    return sync(path);
}

Napi::Value aside(Napi::Env env, const std::function<Status()>& work) {
    const auto status = std::make_shared<Status>();
    const auto done = begin_aside([status, work] { *status = work(); });
    if (!done)
        return outcome(env, work());
    pollfd waiting{.fd = done->get(), .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, kAtOnceMs) == 1)
        return outcome(env, *status);
    return when_readable(env, done->get(), -1,
                         [status, done](Napi::Env env, bool) { return outcome(env, *status); });
}

Napi::Value sync_filesystem(const Napi::CallbackInfo& info) {
    const auto path = js::text(info[0].As<Napi::Object>(), "path");
    return aside(info.Env(), [path] { return sync(path); });
}

Napi::Value sync_tree(const Napi::CallbackInfo& info) {
    const auto options = info[0].As<Napi::Object>();
    const auto path = js::text(options, "path");
    return aside(info.Env(),
                 [path, others = js::texts(options, "others")] { return sync_tree(path, others); });
}

} // namespace

void export_filesystem_sync(Napi::Env env, Napi::Object exports) {
    exports.Set("syncFilesystem", Napi::Function::New(env, sync_filesystem));
    exports.Set("syncTree",
                Napi::Function::New(env, static_cast<Napi::Value (*)(const Napi::CallbackInfo&)>(sync_tree)));
}

} // namespace tlxc
