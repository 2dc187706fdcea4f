// syncfs(2) on a thread of its own: it takes as long as the disk does, and progress is shown meanwhile. Of
// libuv's pool four threads would be born for it, and the event loop would be waited for; mostly the disk is
// quicker than that.
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <memory>

#include "addon/families.h"
#include "addon/js.h"
#include "addon/readiness.h"
#include "common/unique_fd.h"

namespace tlxc {
namespace {

// For so long the caller's thread waits, as it does for an fsync(2); then the event loop does.
constexpr int kAtOnceMs = 20;

struct FilesystemSync {
    std::string path;
    UniqueFd done; // readable once status is final
    Status status;
};

// Errors of files that were written earlier are told here, too: each once to every descriptor opened before.
Status sync(const std::string& path) {
    const UniqueFd fd{::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
    if (!fd)
        return syscall_failure("sync", "open", path);
    if (::syncfs(fd.get()) != 0)
        return syscall_failure("sync", "syncfs", path);
    return {};
}

// The thread's own hold of what it works on: whoever waits may give up before it has ended.
using Held = std::shared_ptr<FilesystemSync>;

void* run(void* argument) {
    const std::unique_ptr<Held> work{static_cast<Held*>(argument)};
    (*work)->status = sync((*work)->path);
    ::eventfd_write((*work)->done.get(), 1);
    return nullptr;
}

// false: there is no thread for it.
bool begin(const Held& work) {
    if (!work->done)
        return false;
    auto held = std::make_unique<Held>(work);
    // As libuv does with its own: signals of the process are for threads that handle them.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    const bool born = ::pthread_create(&thread, nullptr, run, held.get()) == 0;
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (!born)
        return false;
    static_cast<void>(held.release()); // the thread's
    ::pthread_detach(thread);
    return true;
}

Napi::Value outcome(Napi::Env env, const FilesystemSync& work) {
    return work.status.ok() ? env.Null() : Napi::Value(js::failure(env, work.status.failure()));
}

Napi::Value sync_filesystem(const Napi::CallbackInfo& info) {
    const auto env = info.Env();
    const auto work = std::make_shared<FilesystemSync>(js::text(info[0].As<Napi::Object>(), "path"),
                                                       UniqueFd{::eventfd(0, EFD_CLOEXEC)});
    if (!begin(work)) {
        work->status = sync(work->path);
        return outcome(env, *work);
    }
    pollfd done{.fd = work->done.get(), .events = POLLIN, .revents = 0};
    if (::poll(&done, 1, kAtOnceMs) == 1)
        return outcome(env, *work);
    return when_readable(env, work->done.get(), -1,
                         [work](Napi::Env env, bool) { return outcome(env, *work); });
}

} // namespace

void export_filesystem_sync(Napi::Env env, Napi::Object exports) {
    exports.Set("syncFilesystem", Napi::Function::New(env, sync_filesystem));
}

} // namespace tlxc
