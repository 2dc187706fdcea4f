// RapidJSON's writer, with the members that our records are made of.
#pragma once
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <string>
#include <vector>

namespace tlxc {

using JsonBuffer = rapidjson::StringBuffer;

class Json : public rapidjson::Writer<JsonBuffer> {
  public:
    using Writer::Writer;
    void text(const std::string& value) {
        String(value.c_str(), static_cast<rapidjson::SizeType>(value.size()));
    }
    void member(const char* name, const std::string& value) {
        Key(name);
        text(value);
    }
    void member(const char* name, int64_t value) {
        Key(name);
        Int64(value);
    }
    void member(const char* name, const std::vector<std::string>& values) {
        Key(name);
        StartArray();
        for (const auto& value : values)
            text(value);
        EndArray();
    }
};

} // namespace tlxc
