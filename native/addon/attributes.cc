// Extended attributes, which Node cannot read.
#include <sys/xattr.h>

#include <cerrno>
#include <string>

#include "addon/families.h"
#include "addon/js.h"

namespace tlxc {
namespace {

// The kernel's own limit of a list, and of a value.
constexpr size_t kLimit = 65536;

std::string hex(const std::string& bytes) {
    constexpr const char* kDigits = "0123456789abcdef";
    std::string out;
    for (const unsigned char byte : bytes) {
        out += kDigits[byte >> 4];
        out += kDigits[byte & 15];
    }
    return out;
}

Napi::Value attributes(const Napi::CallbackInfo& info) {
    const auto env = info.Env();
    const auto bytes = info[0].As<Napi::Object>().Get("path").As<Napi::Uint8Array>();
    const std::string path(reinterpret_cast<const char*>(bytes.Data()), bytes.ByteLength());
    std::string names(kLimit, '\0');
    const ssize_t size = ::llistxattr(path.c_str(), names.data(), names.size());
    auto out = Napi::Array::New(env);
    if (size < 0 && errno == EOPNOTSUPP)
        return out; // a filesystem without any
    if (size < 0)
        return js::failure(env, syscall_failure("attributes", "llistxattr", path));
    for (size_t at = 0; at < static_cast<size_t>(size);) {
        const std::string name = names.c_str() + at;
        at += name.size() + 1;
        std::string value(kLimit, '\0');
        const ssize_t length = ::lgetxattr(path.c_str(), name.c_str(), value.data(), value.size());
        if (length < 0 && errno == ENODATA)
            continue; // taken away since
        if (length < 0)
            return js::failure(env, syscall_failure("attributes", "lgetxattr", path));
        value.resize(static_cast<size_t>(length));
        auto pair = Napi::Array::New(env);
        pair.Set(0U, name);
        pair.Set(1U, hex(value));
        out.Set(out.Length(), pair);
    }
    return out;
}

} // namespace

void export_attributes(Napi::Env env, Napi::Object exports) {
    exports.Set("attributes", Napi::Function::New(env, attributes));
}

} // namespace tlxc
