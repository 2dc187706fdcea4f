#include "monitor/report.h"

#include <poll.h>

#include "common/json_writer.h"

namespace tlxc {

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

bool Report::is_heard() const {
    pollfd pipe{.fd = fd_.get(), .events = 0, .revents = 0};
    return poll(&pipe, 1, 0) == 0;
}

void Report::warning(const Failure& failure) {
    tell("warning", failure);
}

UniqueFd Report::running(pid_t initPid, pid_t monitorPid) {
    line(json_object([&](Json& json) {
        json.member("kind", "running");
        json.member("initPid", initPid);
        json.member("monitorPid", monitorPid);
    }));
    return std::move(fd_);
}

void Report::failed(const Failure& failure) {
    tell("failed", failure);
    fd_.reset();
}

void Report::tell(const char* kind, const Failure& failure) {
    line(json_object([&](Json& json) {
        json.member("kind", kind);
        json.member("step", failure.step);
        json.member("syscall", failure.syscall);
        json.member("errno", failure.err);
        json.member("path", failure.path);
        json.member("detail", failure.detail);
        json.member("file", failure.file);
        json.member("line", failure.line);
        json.member("key", failure.key);
    }));
}

} // namespace tlxc
