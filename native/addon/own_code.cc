// The two ends of a command: its bundle, which V8 takes without a copy of its own, and an end that tears
// nothing down.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
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

bool read_whole(int fd, char* text, size_t size) {
    for (size_t done = 0; done < size;) {
        const ssize_t count = ::read(fd, text + done, size - done);
        if (count <= 0)
            return false;
        done += static_cast<size_t>(count);
    }
    return true;
}

void release(napi_env, void* text, void*) {
    std::free(text);
}

// Read, not mapped: V8 compiles from it as long as the command runs, whatever becomes of the file.
Napi::Value read_text(const Napi::CallbackInfo& info) {
    const auto env = info.Env();
    const auto path = js::text(info[0].As<Napi::Object>(), "path");
    const UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0)
        return env.Null();
    const auto size = static_cast<size_t>(status.st_size);
    auto* const text = static_cast<char*>(std::malloc(size));
    napi_value result = nullptr;
    bool copied = false;
    if (text != nullptr && read_whole(fd.get(), text, size) &&
        node_api_create_external_string_latin1(env, text, size, release, nullptr, &result, &copied) ==
            napi_ok)
        return {env, result}; // text is V8's from here on, or released already
    std::free(text);
    return env.Null();
}

// A file's bytes as the page cache has them, without a copy, for what is read once and at once; what
// JavaScript writes there is its own.
Napi::Value map_bytes(const Napi::CallbackInfo& info) {
    const auto env = info.Env();
    const auto path = js::text(info[0].As<Napi::Object>(), "path");
    const UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0)
        return env.Null();
    const auto size = static_cast<size_t>(status.st_size);
    void* const start = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd.get(), 0);
    if (start == MAP_FAILED)
        return env.Null();
    const auto unmap = [size](Napi::Env, void* bytes) { ::munmap(bytes, size); };
    const auto buffer = Napi::ArrayBuffer::New(env, start, size, unmap);
    if (env.IsExceptionPending()) {
        ::munmap(start, size);
        return env.Undefined();
    }
    return Napi::Uint8Array::New(env, size, buffer, 0);
}

Napi::Value end_process(const Napi::CallbackInfo& info) {
    if (stdio() == stdioAtFirst)
        ::_exit(info[0].ToNumber().Int32Value());
    return info.Env().Undefined();
}

} // namespace

void export_own_code(Napi::Env env, Napi::Object exports) {
    stdioAtFirst = stdio();
    exports.Set("readText", Napi::Function::New(env, read_text));
    exports.Set("mapBytes", Napi::Function::New(env, map_bytes));
    exports.Set("endProcess", Napi::Function::New(env, end_process));
}

} // namespace tlxc
