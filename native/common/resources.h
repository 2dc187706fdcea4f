// Resource limits by name, setrlimit(2), and their values, which a plan holds as text of 64 bits.
#pragma once
#include <sys/resource.h>

#include <charconv>
#include <string_view>
#include <utility>

namespace tlxc::resources {

// RLIMIT_NOFILE for "nofile"; -1: there is none of that name.
inline int number_of(std::string_view name) {
    constexpr std::pair<std::string_view, int> kNames[] = {
        {"as", RLIMIT_AS},           {"core", RLIMIT_CORE},
        {"cpu", RLIMIT_CPU},         {"data", RLIMIT_DATA},
        {"fsize", RLIMIT_FSIZE},     {"locks", RLIMIT_LOCKS},
        {"memlock", RLIMIT_MEMLOCK}, {"msgqueue", RLIMIT_MSGQUEUE},
        {"nice", RLIMIT_NICE},       {"nofile", RLIMIT_NOFILE},
        {"nproc", RLIMIT_NPROC},     {"rss", RLIMIT_RSS},
        {"rtprio", RLIMIT_RTPRIO},   {"rttime", RLIMIT_RTTIME},
        {"stack", RLIMIT_STACK},     {"sigpending", RLIMIT_SIGPENDING},
    };
    for (const auto& [known, number] : kNames)
        if (known == name)
            return number;
    return -1;
}

// What is no number is "unlimited".
inline rlim64_t amount_of(std::string_view text) {
    rlim64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() ? number : RLIM64_INFINITY;
}

} // namespace tlxc::resources
