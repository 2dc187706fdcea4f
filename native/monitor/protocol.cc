#include "monitor/protocol.h"

#include <limits.h>
#include <net/if.h>
#include <rapidjson/document.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstring>

#include "common/json_writer.h"

namespace tlxc::protocol {
namespace {

using Pool = rapidjson::MemoryPoolAllocator<>;
using Document = rapidjson::GenericDocument<rapidjson::UTF8<>, Pool, Pool>;

constexpr size_t kMaxFds = 4;
constexpr int kMostMajor = (1 << 12) - 1, kMostMinor = (1 << 20) - 1; // as the kernel keeps them

struct Named {
    std::string_view name;
    Op op;
};

constexpr std::array<Named, 16> kOps{{{"info", Op::Info},
                                      {"attach", Op::Attach},
                                      {"console", Op::Console},
                                      {"console-log", Op::ConsoleLog},
                                      {"resize", Op::Resize},
                                      {"signal", Op::Signal},
                                      {"watch", Op::Watch},
                                      {"plug-in", Op::PlugIn},
                                      {"unplug", Op::Unplug},
                                      {"allow-device", Op::AllowDevice},
                                      {"forbid-device", Op::ForbidDevice},
                                      {"forward", Op::Forward},
                                      {"unforward", Op::Unforward},
                                      {"freeze", Op::Freeze},
                                      {"unfreeze", Op::Unfreeze},
                                      {"expect-end", Op::ExpectEnd}}};

bool op_of(const Document& document, Op& op) {
    const auto member = document.FindMember("op");
    if (member == document.MemberEnd() || !member->value.IsString())
        return false;
    const std::string_view word{member->value.GetString(), member->value.GetStringLength()};
    for (const auto& known : kOps)
        if (known.name == word) {
            op = known.op;
            return true;
        }
    return false;
}

bool number(const Document& document, const char* name, int least, int& out, int most = UINT16_MAX) {
    const auto member = document.FindMember(name);
    if (member == document.MemberEnd() || !member->value.IsInt())
        return false;
    out = member->value.GetInt();
    return out >= least && out <= most;
}

bool words(const Document& document, const char* name, size_t most, std::string& out) {
    const auto member = document.FindMember(name);
    if (member == document.MemberEnd() || !member->value.IsString())
        return false;
    out.assign(member->value.GetString(), member->value.GetStringLength());
    return out.size() <= most && out.find('\0') == out.npos;
}

bool flag(const Document& document, const char* name, bool& out) {
    const auto member = document.FindMember(name);
    if (member == document.MemberEnd() || !member->value.IsBool())
        return false;
    out = member->value.GetBool();
    return true;
}

bool device(const Document& document, Request& request) {
    return words(document, "host", PATH_MAX, request.host) &&
           words(document, "inside", PATH_MAX, request.inside) && words(document, "type", 1, request.type) &&
           (request.type == "c" || request.type == "b") &&
           number(document, "major", 0, request.major, kMostMajor) &&
           number(document, "minor", 0, request.minor, kMostMinor);
}

} // namespace

const char* name_of(State state) {
    switch (state) {
    case State::Starting:
        return "STARTING";
    case State::Running:
        return "RUNNING";
    case State::Stopping:
        return "STOPPING";
    case State::Aborting:
        return "ABORTING";
    case State::Freezing:
        return "FREEZING";
    case State::Thawed:
        return "THAWED";
    case State::Frozen:
        return "FROZEN";
    case State::Stopped:
        break;
    }
    return "STOPPED";
}

bool parse(std::string_view text, Request& request) {
    // Iterative, into memory of its own: a text of nothing but brackets costs neither stack nor heap that
    // stays.
    alignas(16) char memory[16384], stack[4096];
    Pool values{memory, sizeof memory}, levels{stack, sizeof stack};
    Document document{&values, sizeof stack / 2, &levels};
    document.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
    if (document.HasParseError() || !document.IsObject() || !op_of(document, request.op))
        return false;
    switch (request.op) {
    case Op::Console:
        return number(document, "tty", -1, request.tty);
    case Op::Resize:
        return number(document, "rows", 0, request.rows) && number(document, "columns", 0, request.columns);
    case Op::Signal:
        return number(document, "signal", -3, request.signal);
    case Op::PlugIn:
    case Op::Unplug:
        return words(document, "host", IFNAMSIZ - 1, request.host) &&
               words(document, "inside", IFNAMSIZ - 1, request.inside);
    case Op::AllowDevice:
    case Op::ForbidDevice:
        return device(document, request);
    case Op::Freeze:
        return flag(document, "hold", request.hold) &&
               number(document, "timeoutMs", 0, request.timeoutMs, INT_MAX);
    case Op::Forward:
        request.text = text;
        return true;
    case Op::ExpectEnd:
        return flag(document, "expected", request.expected);
    case Op::Unforward:
        return words(document, "listen", PATH_MAX, request.listen);
    default:
        return true;
    }
}

// These are asked for often and by every command: joined by hand, of words of ours alone, which need no
// escaping.
std::string accepted(std::span<const NamedFd> fds, const std::string& members) {
    std::string text = "{\"ok\":true,\"fds\":[";
    for (const auto& each : fds) {
        if (text.back() != '[')
            text += ',';
        text += std::string("\"") + each.name + "\"";
    }
    text += ']';
    if (!members.empty())
        text += "," + members;
    return text + "}";
}

std::string refused(const char* error, int err) {
    return std::string("{\"ok\":false,\"error\":\"") + error + "\",\"errno\":" + std::to_string(err) + "}";
}

std::string refused(const Failure& failure) {
    return json_object([&](Json& json) {
        json.member("ok", false);
        json.member("error", failure.step);
        json.member("errno", failure.err);
        json.member("syscall", failure.syscall);
        json.member("path", failure.path);
        json.member("detail", failure.detail);
    });
}

std::string event(State state, int exitStatus, bool reboot) {
    std::string text = std::string("{\"state\":\"") + name_of(state) + "\"";
    if (exitStatus >= 0)
        text += ",\"exitStatus\":" + std::to_string(exitStatus);
    if (reboot)
        text += ",\"reboot\":true";
    return text + "}";
}

std::string health_event(State state, const char* health) {
    return std::string("{\"state\":\"") + name_of(state) + "\",\"health\":\"" + health + "\"}";
}

bool send(int socket, const std::string& text, std::span<const NamedFd> fds) {
    iovec data{.iov_base = const_cast<char*>(text.data()), .iov_len = text.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(kMaxFds * sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    if (!fds.empty() && fds.size() <= kMaxFds) {
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
        cmsghdr* const rights = CMSG_FIRSTHDR(&message);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
        for (size_t i = 0; i < fds.size(); ++i)
            memcpy(CMSG_DATA(rights) + i * sizeof(int), &fds[i].fd, sizeof(int));
    }
    return sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
}

} // namespace tlxc::protocol
