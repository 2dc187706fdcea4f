// The two ends of a command: its bundle, which V8 takes without a copy of its own, and an end that tears
// nothing down.
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>
#include <string_view>

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

// The build ID (ld(1), --build-id) of the program or library that holds an address.
struct BuildId {
    uintptr_t address;
    std::string hex; // empty: it has none
};

bool holds(const dl_phdr_info& object, uintptr_t address) {
    for (int i = 0; i < object.dlpi_phnum; ++i) {
        const auto& part = object.dlpi_phdr[i];
        const uintptr_t start = object.dlpi_addr + part.p_vaddr;
        if (part.p_type == PT_LOAD && address >= start && address - start < part.p_memsz)
            return true;
    }
    return false;
}

// The notes lie one after the other, names and contents filled up to whole words.
std::string build_id_of(const char* notes, size_t size) {
    constexpr char kGnu[] = "GNU";
    const auto whole = [](size_t length) { return (length + 3) & ~size_t{3}; };
    for (size_t at = 0; at + sizeof(ElfW(Nhdr)) <= size;) {
        ElfW(Nhdr) note{};
        std::memcpy(&note, notes + at, sizeof note);
        const size_t name = at + sizeof note;
        const size_t content = name + whole(note.n_namesz);
        at = content + whole(note.n_descsz);
        if (at > size)
            break;
        if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != sizeof kGnu ||
            std::memcmp(notes + name, kGnu, sizeof kGnu) != 0)
            continue;
        std::string hex;
        for (size_t i = 0; i < note.n_descsz; ++i) {
            constexpr std::string_view kDigits = "0123456789abcdef";
            const auto byte = static_cast<unsigned char>(notes[content + i]);
            hex += {kDigits[byte >> 4], kDigits[byte & 15]};
        }
        return hex;
    }
    return "";
}

int find_build_id(dl_phdr_info* object, size_t, void* data) {
    auto& wanted = *static_cast<BuildId*>(data);
    if (!holds(*object, wanted.address))
        return 0;
    for (int i = 0; i < object->dlpi_phnum && wanted.hex.empty(); ++i) {
        const auto& part = object->dlpi_phdr[i];
        if (part.p_type == PT_NOTE)
            wanted.hex =
                build_id_of(reinterpret_cast<const char*>(object->dlpi_addr + part.p_vaddr), part.p_memsz);
    }
    return 1;
}

// Which build of V8 this is, be it Node's own program or a library of the system's. V8 takes a code cache of
// any build that has its version, other machines' among them, and crashes on what lies elsewhere in it.
Napi::Value v8_build(const Napi::CallbackInfo& info) {
    BuildId wanted{reinterpret_cast<uintptr_t>(&napi_get_undefined), ""};
    ::dl_iterate_phdr(find_build_id, &wanted);
    return Napi::String::New(info.Env(), wanted.hex);
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
    exports.Set("v8Build", Napi::Function::New(env, v8_build));
    exports.Set("endProcess", Napi::Function::New(env, end_process));
}

} // namespace tlxc
