// RapidJSON's writer, with the members that our records are made of.
#pragma once
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <concepts>
#include <cstdint>
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
    // A bool and nothing else: as a plain overload it would take every const char*.
    void member(const char* name, std::same_as<bool> auto value) {
        Key(name);
        Bool(value);
    }
    void member(const char* name, const std::vector<std::string>& values) {
        Key(name);
        StartArray();
        for (const auto& value : values)
            text(value);
        EndArray();
    }
    // An object, whose members `write` writes.
    template <typename Write> void object(Write write) {
        StartObject();
        write();
        EndObject();
    }
    // A list of objects: `write` writes the members of each.
    template <typename Values, typename Write> void objects(const char* name, Values&& values, Write write) {
        Key(name);
        StartArray();
        for (const auto& each : values)
            object([&] { write(each); });
        EndArray();
    }
};

// The text of one object, whose members `write` writes to the Json it is given.
template <typename Write> std::string json_object(Write write) {
    JsonBuffer buffer;
    Json json{buffer};
    json.object([&] { write(json); });
    return {buffer.GetString(), buffer.GetSize()};
}

// The same without its braces: one member or more, of an object to which others add theirs.
template <typename Write> std::string json_members(Write write) {
    const std::string object = json_object(write);
    return object.substr(1, object.size() - 2);
}

} // namespace tlxc
