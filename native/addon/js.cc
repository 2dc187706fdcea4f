#include "addon/js.h"

namespace tlxc::js {

std::vector<std::string> texts(const Napi::Object& object, const char* key) {
    const auto array = object.Get(key).As<Napi::Array>();
    std::vector<std::string> out;
    out.reserve(array.Length());
    for (uint32_t i = 0; i < array.Length(); ++i)
        out.push_back(array.Get(i).ToString().Utf8Value());
    return out;
}

std::vector<int> numbers(const Napi::Object& object, const char* key) {
    const auto array = object.Get(key).As<Napi::Array>();
    std::vector<int> out;
    out.reserve(array.Length());
    for (uint32_t i = 0; i < array.Length(); ++i)
        out.push_back(array.Get(i).ToNumber().Int32Value());
    return out;
}

Napi::Object failure(Napi::Env env, const Failure& failure) {
    auto out = Napi::Object::New(env);
    out.Set("step", failure.step);
    out.Set("syscall", failure.syscall);
    out.Set("errno", failure.err);
    out.Set("path", failure.path);
    out.Set("detail", failure.detail);
    return out;
}

Napi::Array list(Napi::Env env, const std::vector<int>& numbers) {
    auto out = Napi::Array::New(env, numbers.size());
    for (uint32_t i = 0; i < numbers.size(); ++i)
        out.Set(i, numbers[i]);
    return out;
}

} // namespace tlxc::js
