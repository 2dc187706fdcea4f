// The two ends of a command: its bundle, which V8 takes without a copy of its own, and an end that tears
// nothing down.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cstdint>
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

// A file as the page cache has it, without a copy: the files of a build are replaced by renaming alone, so
// what is mapped stays whole.
struct Mapping {
    void* start = MAP_FAILED;
    size_t size = 0;
};

Mapping map_file(const std::string& path) {
    const UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0)
        return {};
    const auto size = static_cast<size_t>(status.st_size);
    return {::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0), size};
}

void unmap(napi_env, void* start, void* size) {
    ::munmap(start, reinterpret_cast<uintptr_t>(size));
}

Napi::Value map_text(const Napi::CallbackInfo& info) {
    const auto env = info.Env();
    const auto [start, size] = map_file(js::text(info[0].As<Napi::Object>(), "path"));
    if (start == MAP_FAILED)
        return env.Null();
    napi_value result = nullptr;
    bool copied = false;
    auto* const text = static_cast<char*>(start);
    auto* const hint = reinterpret_cast<void*>(size);
    if (node_api_create_external_string_latin1(env, text, size, unmap, hint, &result, &copied) == napi_ok)
        return {env, result}; // the mapping is V8's from here on, or gone already
    ::munmap(start, size);
    return env.Null();
}

Napi::Value map_bytes(const Napi::CallbackInfo& info) {
    const auto env = info.Env();
    const auto [start, size] = map_file(js::text(info[0].As<Napi::Object>(), "path"));
    if (start == MAP_FAILED)
        return env.Null();
    const auto end = [size = size](Napi::Env, void* bytes) { ::munmap(bytes, size); };
    return Napi::Uint8Array::New(env, size, Napi::ArrayBuffer::New(env, start, size, end), 0);
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
