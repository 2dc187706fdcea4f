// Between JavaScript and C++: values are copied out first, results are plain data, failures are data too.
#pragma once
#include <napi.h>

#include <cstdint>
#include <string>
#include <vector>

#include "common/result.h"

namespace tlxc::js {

inline std::string text(const Napi::Object& object, const char* key) {
    return object.Get(key).ToString().Utf8Value();
}
inline int number(const Napi::Object& object, const char* key) {
    return object.Get(key).ToNumber().Int32Value();
}
// Unsigned: user and group ids reach 2^32-2.
inline uint32_t id(const Napi::Object& object, const char* key) {
    return object.Get(key).ToNumber().Uint32Value();
}
inline bool flag(const Napi::Object& object, const char* key) {
    return object.Get(key).ToBoolean().Value();
}
[[nodiscard]] std::vector<std::string> texts(const Napi::Object& object, const char* key);
[[nodiscard]] std::vector<int> numbers(const Napi::Object& object, const char* key);

// The binding's NativeFailure.
[[nodiscard]] Napi::Object failure(Napi::Env env, const Failure& failure);
[[nodiscard]] Napi::Array list(Napi::Env env, const std::vector<int>& numbers);

} // namespace tlxc::js
