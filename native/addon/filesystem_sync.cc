// syncfs(2) on a thread of libuv's pool: it takes as long as the disk does, and progress is shown meanwhile.
#include <fcntl.h>
#include <unistd.h>

#include "addon/families.h"
#include "addon/js.h"
#include "common/unique_fd.h"

namespace tlxc {
namespace {

class FilesystemSync : public Napi::AsyncWorker {
  public:
    FilesystemSync(Napi::Env env, std::string path)
        : Napi::AsyncWorker(env, "tlxc:syncfs"), deferred_(Napi::Promise::Deferred::New(env)),
          path_(std::move(path)) {}
    [[nodiscard]] Napi::Promise promise() const { return deferred_.Promise(); }

  protected:
    // Errors of files that were written earlier are told here, too: each once to every descriptor opened
    // before.
    void Execute() override {
        const UniqueFd fd{::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
        if (!fd)
            status_ = syscall_failure("sync", "open", path_);
        else if (::syncfs(fd.get()) != 0)
            status_ = syscall_failure("sync", "syncfs", path_);
    }
    void OnOK() override {
        deferred_.Resolve(status_.ok() ? Env().Null() : js::failure(Env(), status_.failure()));
    }

  private:
    Napi::Promise::Deferred deferred_;
    std::string path_;
    Status status_;
};

Napi::Value sync_filesystem(const Napi::CallbackInfo& info) {
    // Deletes itself once it has settled the promise.
    auto* worker = new FilesystemSync(info.Env(), js::text(info[0].As<Napi::Object>(), "path"));
    worker->Queue();
    return worker->promise();
}

} // namespace

void export_filesystem_sync(Napi::Env env, Napi::Object exports) {
    exports.Set("syncFilesystem", Napi::Function::New(env, sync_filesystem));
}

} // namespace tlxc
