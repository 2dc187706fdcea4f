// Files and descriptors: sealed memory files, pipes, locks, opening below a root that somebody else controls.
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

#include "addon/families.h"
#include "addon/js.h"
#include "common/own_files.h"
#include "common/unique_fd.h"

namespace tlxc {
namespace {

// A lock is held for one step of one command; who waits longer than this is told.
constexpr int kLockPatienceMs = 10'000;
constexpr int kLockRetryMs = 10;

// pipe and memfd fail only where the process has run out of descriptors or memory: no caller has a way round
// that. Thrown as Node throws such errors.
Napi::Value out_of_descriptors(Napi::Env env, const char* syscall) {
    const int number = errno;
    auto error = Napi::Error::New(env, std::string(syscall) + ": " + strerrordesc_np(number));
    error.Set("errno", Napi::Number::New(env, -number));
    error.Set("code", Napi::String::New(env, strerrorname_np(number)));
    error.Set("syscall", Napi::String::New(env, syscall));
    error.ThrowAsJavaScriptException();
    return env.Undefined();
}

Napi::Value close_fd(const Napi::CallbackInfo& info) {
    ::close(info[0].ToNumber().Int32Value());
    return info.Env().Undefined();
}

// Gives a file that was opened without a name (O_TMPFILE) one: 0 or errno. By /proc, since
// AT_EMPTY_PATH takes CAP_DAC_READ_SEARCH.
Napi::Value link_file(const Napi::CallbackInfo& info) {
    const auto options = info[0].As<Napi::Object>();
    const auto path = js::text(options, "path");
    const auto file = "/proc/self/fd/" + std::to_string(js::number(options, "fd"));
    const int done = ::linkat(AT_FDCWD, file.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW);
    return Napi::Number::New(info.Env(), done == 0 ? 0 : errno);
}

Napi::Value pipe_pair(const Napi::CallbackInfo& info) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return out_of_descriptors(info.Env(), "pipe2");
    // A user's pipes may hold so much together; one that must stay small is only slower.
    if (info.Length() > 0)
        (void)::fcntl(ends[1], F_SETPIPE_SZ, js::number(info[0].As<Napi::Object>(), "bytes"));
    return js::list(info.Env(), {ends[0], ends[1]});
}

Napi::Value memfd(const Napi::CallbackInfo& info) {
    const auto env = info.Env();
    const auto options = info[0].As<Napi::Object>();
    const auto name = js::text(options, "name");
    const std::string text = js::text(options, "text");
    UniqueFd fd{::memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (!fd)
        return out_of_descriptors(env, "memfd_create");
    for (size_t done = 0; done < text.size();) {
        const ssize_t size = ::write(fd.get(), text.data() + done, text.size() - done);
        if (size < 0)
            return out_of_descriptors(env, "write");
        done += static_cast<size_t>(size);
    }
    ::lseek(fd.get(), 0, SEEK_SET);
    if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        return out_of_descriptors(env, "fcntl");
    return Napi::Number::New(env, fd.release()); // JavaScript's from here on
}

Napi::Value make_own_directory(const Napi::CallbackInfo& info) {
    const auto env = info.Env();
    const auto made = own_directory("run-directory", js::text(info[0].As<Napi::Object>(), "path"));
    return made.ok() ? env.Null() : js::failure(env, made.failure());
}

// True when path still names the locked file: whoever destroyed the container may have removed it meanwhile.
bool still_named(int fd, const std::string& path) {
    struct stat held {};
    struct stat named {};
    return ::fstat(fd, &held) == 0 && ::lstat(path.c_str(), &named) == 0 && held.st_ino == named.st_ino &&
           held.st_dev == named.st_dev;
}

Napi::Value lock(const Napi::CallbackInfo& info) {
    const auto env = info.Env();
    const auto options = info[0].As<Napi::Object>();
    const auto path = js::text(options, "path");
    const int attempts = js::flag(options, "wait") ? kLockPatienceMs / kLockRetryMs : 1;
    for (int attempt = 0; attempt < attempts; ++attempt) {
        if (attempt > 0)
            ::usleep(kLockRetryMs * 1000);
        UniqueFd fd{::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)};
        if (!fd)
            return js::failure(env, syscall_failure("lock", "open", path));
        if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) {
            if (still_named(fd.get(), path))
                return Napi::Number::New(env, fd.release());
        } else if (errno != EWOULDBLOCK && errno != EINTR) {
            return js::failure(env, syscall_failure("lock", "flock", path));
        }
    }
    return js::failure(env, {.step = "lock", .syscall = "flock", .err = EWOULDBLOCK, .path = path});
}

Napi::Value open_in_root(const Napi::CallbackInfo& info) {
    const auto env = info.Env();
    const auto options = info[0].As<Napi::Object>();
    const auto root = js::text(options, "root");
    const auto path = js::text(options, "path");
    const UniqueFd directory{::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!directory)
        return js::failure(env, syscall_failure("open", "open", root));
    open_how how{};
    how.flags = static_cast<uint64_t>(js::id(options, "flags")) | O_CLOEXEC;
    // openat2 refuses a mode where nothing can be created.
    if ((how.flags & O_CREAT) != 0)
        how.mode = static_cast<uint64_t>(js::id(options, "mode"));
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    const int fd = static_cast<int>(::syscall(SYS_openat2, directory.get(), path.c_str(), &how, sizeof how));
    if (fd < 0)
        return js::failure(env, syscall_failure("open", "openat2", path));
    return Napi::Number::New(env, fd);
}

Napi::Value window_size(const Napi::CallbackInfo& info) {
    const auto env = info.Env();
    winsize size{};
    if (::ioctl(info[0].ToNumber().Int32Value(), TIOCGWINSZ, &size) != 0)
        return env.Null();
    auto out = Napi::Object::New(env);
    out.Set("rows", size.ws_row);
    out.Set("columns", size.ws_col);
    return out;
}

Napi::Value set_window_size(const Napi::CallbackInfo& info) {
    const auto options = info[0].As<Napi::Object>();
    winsize size{};
    size.ws_row = static_cast<unsigned short>(js::number(options, "rows"));
    size.ws_col = static_cast<unsigned short>(js::number(options, "columns"));
    return Napi::Boolean::New(info.Env(), ::ioctl(js::number(options, "terminal"), TIOCSWINSZ, &size) == 0);
}

// From here on reads and writes of the open file fail with EAGAIN where they would wait.
Napi::Value never_wait(const Napi::CallbackInfo& info) {
    const int fd = info[0].ToNumber().Int32Value();
    const int flags = ::fcntl(fd, F_GETFL);
    return Napi::Boolean::New(info.Env(), flags >= 0 && ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0);
}

} // namespace

void export_files(Napi::Env env, Napi::Object exports) {
    exports.Set("closeFd", Napi::Function::New(env, close_fd));
    exports.Set("linkFile", Napi::Function::New(env, link_file));
    exports.Set("pipe", Napi::Function::New(env, pipe_pair));
    exports.Set("memfd", Napi::Function::New(env, memfd));
    exports.Set("makeOwnDirectory", Napi::Function::New(env, make_own_directory));
    exports.Set("lock", Napi::Function::New(env, lock));
    exports.Set("openInRoot", Napi::Function::New(env, open_in_root));
    exports.Set("neverWait", Napi::Function::New(env, never_wait));
    exports.Set("windowSize", Napi::Function::New(env, window_size));
    exports.Set("setWindowSize", Napi::Function::New(env, set_window_size));
}

} // namespace tlxc
