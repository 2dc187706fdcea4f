// Compiled for speed, unlike the rest of the monitor: every start waits for its plan to be read.
#pragma GCC optimize("O2")

#include "plan/reader.h"

#include <rapidjson/error/en.h>

#include <algorithm>

namespace tlxc::plan {
namespace {

// Iterative: a text of a million brackets must not use up the stack.
Status parse_json(std::string_view json, rapidjson::Document& document) {
    document.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
    if (!document.HasParseError())
        return {};
    return refusal("plan", std::string(rapidjson::GetParseError_En(document.GetParseError())) + " at byte " +
                               std::to_string(document.GetErrorOffset()));
}

template <typename T> Result<T> parse_whole(std::string_view json) {
    rapidjson::Document document;
    TRY(parse_json(json, document));
    Reader reader;
    T parsed;
    if (!read(reader, document, parsed))
        return refusal("plan", reader.error());
    return parsed;
}

} // namespace

Result<StartPlan> parse(std::string_view json) {
    rapidjson::Document document;
    TRY(parse_json(json, document));
    Reader reader;
    int64_t version = 0;
    StartPlan plan;
    if (!document.IsObject())
        return refusal("plan", "plan: not an object");
    if (!reader.field(document, "version", version))
        return refusal("plan", reader.error());
    if (version != kVersion)
        return refusal("plan", "plan.version: " + std::to_string(version) + ", this executor reads version " +
                                   std::to_string(kVersion));
    if (!read(reader, document, plan))
        return refusal("plan", reader.error());
    return plan;
}

Result<Leavings> parse_leavings(std::string_view json) {
    return parse_whole<Leavings>(json);
}

Result<ForwardRequest> parse_forward(std::string_view json) {
    return parse_whole<ForwardRequest>(json);
}

Result<RestartOrder> parse_restart(std::string_view json) {
    return parse_whole<RestartOrder>(json);
}

Result<DeviceNode> parse_device_node(std::string_view json) {
    return parse_whole<DeviceNode>(json);
}

Result<Rooted> parse_rooted(std::string_view json) {
    return parse_whole<Rooted>(json);
}

Result<LinkChanges> parse_link_changes(std::string_view json) {
    return parse_whole<LinkChanges>(json);
}

bool Reader::fail(std::string what) {
    error_ = "plan";
    for (const auto& part : path_)
        error_ += part;
    error_ += ": " + what;
    return false;
}

bool Reader::object(const Value& v, std::span<const std::string_view> fields) {
    if (!v.IsObject())
        return fail("not an object");
    for (const auto& member : v.GetObject()) {
        const std::string_view name{member.name.GetString(), member.name.GetStringLength()};
        if (std::ranges::find(fields, name) == fields.end())
            return fail("unknown field " + std::string(name));
    }
    // All known, so more of them than fields means that one is there twice; too few is found where one is
    // missed.
    if (v.MemberCount() > fields.size())
        return fail("a field twice");
    return true;
}

bool Reader::peek_op(const Value& v, std::string& op) {
    if (!v.IsObject())
        return fail("not an object");
    auto member = v.FindMember("op");
    if (member == v.MemberEnd() || !member->value.IsString())
        return fail("no op");
    op.assign(member->value.GetString(), member->value.GetStringLength());
    return true;
}

bool read(Reader& r, const Value& v, std::string& out) {
    if (!v.IsString())
        return r.fail("not a string");
    out.assign(v.GetString(), v.GetStringLength());
    // A NUL would silently end every path and name that reaches the kernel.
    if (out.find('\0') != std::string::npos)
        return r.fail("a NUL byte");
    return true;
}

bool read(Reader& r, const Value& v, bool& out) {
    if (!v.IsBool())
        return r.fail("not a boolean");
    out = v.GetBool();
    return true;
}

bool read(Reader& r, const Value& v, int64_t& out) {
    if (!v.IsInt64())
        return r.fail("not a whole number");
    out = v.GetInt64();
    return true;
}

} // namespace tlxc::plan
