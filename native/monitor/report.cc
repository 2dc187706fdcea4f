#include "monitor/report.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace tlxc {
namespace {

using Buffer = rapidjson::StringBuffer;
using Writer = rapidjson::Writer<Buffer>;

void field(Writer& json, const char* name, const std::string& value) {
    json.Key(name);
    json.String(value.c_str(), static_cast<rapidjson::SizeType>(value.size()));
}

void field(Writer& json, const char* name, int64_t value) {
    json.Key(name);
    json.Int64(value);
}

} // namespace

void Report::line(const std::string& json) {
    if (!fd_)
        return;
    // Whoever listens may be gone: then the start goes on unheard (SIGPIPE is blocked).
    const std::string text = json + "\n";
    for (size_t at = 0; at < text.size();) {
        const ssize_t n = write(fd_.get(), text.data() + at, text.size() - at);
        if (n <= 0)
            return;
        at += static_cast<size_t>(n);
    }
}

void Report::warning(const Failure& failure) {
    tell("warning", failure);
}

void Report::running(pid_t initPid, pid_t monitorPid) {
    Buffer buffer;
    Writer json{buffer};
    json.StartObject();
    field(json, "kind", "running");
    field(json, "initPid", initPid);
    field(json, "monitorPid", monitorPid);
    json.EndObject();
    line(buffer.GetString());
    fd_.reset();
}

void Report::failed(const Failure& failure) {
    tell("failed", failure);
    fd_.reset();
}

void Report::tell(const char* kind, const Failure& failure) {
    Buffer buffer;
    Writer json{buffer};
    json.StartObject();
    field(json, "kind", kind);
    field(json, "step", failure.step);
    field(json, "syscall", failure.syscall);
    field(json, "errno", failure.err);
    field(json, "path", failure.path);
    field(json, "detail", failure.detail);
    field(json, "file", failure.file);
    field(json, "line", failure.line);
    field(json, "key", failure.key);
    json.EndObject();
    line(buffer.GetString());
}

} // namespace tlxc
