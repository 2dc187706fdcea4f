#include "monitor/log.h"

#include <fcntl.h>
#include <sys/time.h>
#include <syslog.h>
#include <time.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "common/own_files.h"

namespace tlxc {
namespace {

constexpr std::array<std::string_view, 7> kNames{"TRACE", "DEBUG", "INFO", "NOTICE", "WARN", "ERROR", "OFF"};

constexpr std::array<int, 7> kPriorities{LOG_DEBUG,   LOG_DEBUG, LOG_INFO, LOG_NOTICE,
                                         LOG_WARNING, LOG_ERR,   LOG_ERR};

// LXC's further words are ERROR or worse.
Log::Level level_of(std::string_view word) {
    for (size_t i = 0; i < kNames.size(); ++i)
        if (word == kNames[i])
            return static_cast<Log::Level>(i);
    return Log::Level::Error;
}

std::string timestamp() {
    timeval now{};
    gettimeofday(&now, nullptr);
    tm utc{};
    gmtime_r(&now.tv_sec, &utc);
    char text[32];
    const size_t length = strftime(text, sizeof text, "%Y%m%d%H%M%S.", &utc);
    const std::string milliseconds =
        std::to_string(1000 + now.tv_usec / 1000); // 1ddd: the zeros in front stay
    return std::string(text, length) + milliseconds.substr(1);
}

} // namespace

Status Log::open(const std::string& name, const std::string& path, const std::string& level) {
    name_ = name;
    least_ = level_of(level);
    if (path.empty())
        return {};
    file_ = open_own(path, O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_CLOEXEC, 0600);
    if (!file_)
        return syscall_failure("log", "open", path);
    return {};
}

void Log::write(Level level, const std::string& text) {
    const auto word = kNames[static_cast<size_t>(level)];
    if (journal_ && level >= Level::Info)
        journal_->line("monitor", std::string(word) + " " + text);
    if (level < least_)
        return;
    syslog_.write(kPriorities[static_cast<size_t>(level)], name_ + ": " + text);
    if (!file_)
        return;
    const std::string line =
        "tlxc " + name_ + " " + timestamp() + " " + std::string(word) + " monitor - " + text + "\n";
    (void)!::write(file_.get(), line.data(), line.size());
}

void Log::failure(Level level, const Failure& failure) {
    std::string text = failure.step;
    for (const auto* part : {&failure.syscall, &failure.path, &failure.detail})
        if (!part->empty())
            text += ": " + *part;
    if (failure.err != 0)
        text += std::string(": ") + strerrordesc_np(failure.err);
    if (!failure.file.empty())
        text += " (" + failure.file + ":" + std::to_string(failure.line) + ")";
    write(level, text);
}

} // namespace tlxc
