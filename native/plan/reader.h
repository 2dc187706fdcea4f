// The strict JSON reader under the generated plan reader: every refusal names the path of the offending
// field.
#pragma once
#include <rapidjson/document.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.h"
#include "plan/plan.gen.h"

namespace tlxc::plan {

// The plan in a JSON text. A failure has step "plan" and, as its detail, the field's path and what is wrong
// with it: "plan.tree[3].target: not a string". Another version than ours is refused before anything else is
// looked at.
[[nodiscard]] Result<StartPlan> parse(std::string_view json);

// network.json, which the executor wrote.
[[nodiscard]] Result<Leavings> parse_leavings(std::string_view json);

// What tlxc-monitor is given to make a node from.
[[nodiscard]] Result<DeviceNode> parse_device_node(std::string_view json);
// The tree that a program is to be run in.
[[nodiscard]] Result<Rooted> parse_rooted(std::string_view json);
// A forward-add of the monitor's conversation.
[[nodiscard]] Result<ForwardRequest> parse_forward(std::string_view json);
// What the process that waits for a restart does.
[[nodiscard]] Result<RestartOrder> parse_restart(std::string_view json);
// What becomes of the host's links (src/host/schema-links.ts).
[[nodiscard]] Result<LinkChanges> parse_link_changes(std::string_view json);

using Value = rapidjson::Value;

// Keeps the path of the field being read, for the message of the first refusal.
class Reader {
  public:
    [[nodiscard]] bool object(const Value& v, std::span<const std::string_view> fields);
    [[nodiscard]] bool peek_op(const Value& v, std::string& op);
    [[nodiscard]] bool fail(std::string what);
    [[nodiscard]] const std::string& error() const { return error_; }

    template <typename T> [[nodiscard]] bool field(const Value& v, const char* name, T& out);
    template <typename T> [[nodiscard]] bool element(const Value& v, size_t index, T& out);
    template <typename T, size_t N>
    [[nodiscard]] bool choice(const Value& v, const std::pair<std::string_view, T> (&table)[N], T& out);

  private:
    std::vector<std::string> path_; // ".tree", "[3]", ".target"
    std::string error_;
};

[[nodiscard]] bool read(Reader& r, const Value& v, std::string& out);
[[nodiscard]] bool read(Reader& r, const Value& v, bool& out);
[[nodiscard]] bool read(Reader& r, const Value& v, int64_t& out);
[[nodiscard]] bool read(Reader& r, const Value& v, StartPlan& out);
[[nodiscard]] bool read(Reader& r, const Value& v, Leavings& out);
[[nodiscard]] bool read(Reader& r, const Value& v, DeviceNode& out);
[[nodiscard]] bool read(Reader& r, const Value& v, Rooted& out);
[[nodiscard]] bool read(Reader& r, const Value& v, ForwardRequest& out);
[[nodiscard]] bool read(Reader& r, const Value& v, RestartOrder& out);
[[nodiscard]] bool read(Reader& r, const Value& v, LinkChanges& out);
template <typename T> [[nodiscard]] bool read(Reader& r, const Value& v, std::vector<T>& out);
template <typename T> [[nodiscard]] bool read(Reader& r, const Value& v, std::optional<T>& out);

template <typename T> bool Reader::field(const Value& v, const char* name, T& out) {
    auto member = v.FindMember(name);
    path_.emplace_back(std::string(".") + name);
    if (member == v.MemberEnd())
        return fail("missing");
    if (!read(*this, member->value, out))
        return false;
    path_.pop_back();
    return true;
}

template <typename T> bool Reader::element(const Value& v, size_t index, T& out) {
    path_.emplace_back("[" + std::to_string(index) + "]");
    if (!read(*this, v, out))
        return false;
    path_.pop_back();
    return true;
}

template <typename T, size_t N>
bool Reader::choice(const Value& v, const std::pair<std::string_view, T> (&table)[N], T& out) {
    if (!v.IsString())
        return fail("not a string");
    const std::string_view word{v.GetString(), v.GetStringLength()};
    for (const auto& [name, value] : table) {
        if (name != word)
            continue;
        out = value;
        return true;
    }
    return fail("unknown value " + std::string(word));
}

template <typename T> bool read(Reader& r, const Value& v, std::vector<T>& out) {
    if (!v.IsArray())
        return r.fail("not a list");
    out.reserve(v.Size());
    size_t index = 0;
    for (const auto& each : v.GetArray())
        if (!r.element(each, index++, out.emplace_back()))
            return false;
    return true;
}

template <typename T> bool read(Reader& r, const Value& v, std::optional<T>& out) {
    if (v.IsNull()) {
        out.reset();
        return true;
    }
    return read(r, v, out.emplace());
}

} // namespace tlxc::plan
