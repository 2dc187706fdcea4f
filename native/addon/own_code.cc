// The two ends of a command: its bundle, which V8 takes without a copy of its own, and an end that tears
// nothing down.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "addon/families.h"
#include "addon/js.h"
#include "common/unique_fd.h"

// Of Node 20.4 and later; its header has it only for modules that ask for everything that may still change.
extern "C" napi_status node_api_create_external_string_latin1(napi_env env, char* text, size_t length,
                                                              napi_finalize finalize, void* hint,
                                                              napi_value* result, bool* copied);

namespace tlxc {
namespace {

// What Node changes of the standard descriptors, which are the caller's as well, and gives back at its own
// end.
struct Stdio {
    int flags;
    bool isTerminal;
    termios mode;

    bool operator==(const Stdio& other) const {
        return flags == other.flags && isTerminal == other.isTerminal &&
               (!isTerminal || std::memcmp(&mode, &other.mode, sizeof mode) == 0);
    }
};

std::array<Stdio, 3> stdio() {
    std::array<Stdio, 3> all{};
    for (int fd = 0; fd < 3; ++fd) {
        all[fd].flags = ::fcntl(fd, F_GETFL);
        all[fd].isTerminal = ::tcgetattr(fd, &all[fd].mode) == 0;
    }
    return all;
}

std::array<Stdio, 3> stdioAtFirst;

// A regular file as the page cache has it, without a copy; what is written there stays this process's own. As
// with the addon itself, whoever puts another in its place renames it there.
struct Mapped {
    void* start = nullptr;
    size_t size = 0;

    explicit operator bool() const { return start != nullptr; }
    void unmap() const { ::munmap(start, size); }
};

Mapped map_file(const Napi::CallbackInfo& info) {
    const auto path = js::text(info[0].As<Napi::Object>(), "path");
    const UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0)
        return {};
    const auto size = static_cast<size_t>(status.st_size);
    void* const start = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd.get(), 0);
    return start == MAP_FAILED ? Mapped{} : Mapped{start, size};
}

void unmap_text(napi_env, void* text, void* size) {
    ::munmap(text, reinterpret_cast<size_t>(size));
}

// V8 looks only at what it compiles, which is little where there is a code cache.
Napi::Value map_text(const Napi::CallbackInfo& info) {
    const auto env = info.Env();
    const auto file = map_file(info);
    napi_value result = nullptr;
    bool copied = false;
    if (file && node_api_create_external_string_latin1(env, static_cast<char*>(file.start), file.size,
                                                       unmap_text, reinterpret_cast<void*>(file.size),
                                                       &result, &copied) == napi_ok)
        return {env, result}; // text is V8's from here on, or released already
    if (file)
        file.unmap();
    return env.Null();
}

// For what is read once and at once.
Napi::Value map_bytes(const Napi::CallbackInfo& info) {
    const auto env = info.Env();
    const auto file = map_file(info);
    if (!file)
        return env.Null();
    const auto unmap = [file](Napi::Env, void*) { file.unmap(); };
    const auto buffer = Napi::ArrayBuffer::New(env, file.start, file.size, unmap);
    if (env.IsExceptionPending()) {
        file.unmap();
        return env.Undefined();
    }
    return Napi::Uint8Array::New(env, file.size, buffer, 0);
}

Napi::Value end_process(const Napi::CallbackInfo& info) {
    if (stdio() == stdioAtFirst)
        ::_exit(info[0].ToNumber().Int32Value());
    return info.Env().Undefined();
}

} // namespace

void export_own_code(Napi::Env env, Napi::Object exports) {
    stdioAtFirst = stdio();
    exports.Set("mapText", Napi::Function::New(env, map_text));
    exports.Set("mapBytes", Napi::Function::New(env, map_bytes));
    exports.Set("endProcess", Napi::Function::New(env, end_process));
}

} // namespace tlxc
