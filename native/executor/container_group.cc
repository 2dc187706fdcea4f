#include "executor/container_group.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace tlxc::container_group {
namespace {

constexpr const char* kFile = "etc/group";
constexpr size_t kLargest = 1 << 20; // more than any list of groups
constexpr gid_t kNobody = static_cast<gid_t>(-1);

// By the descriptor that was looked at, so that it is that very file.
UniqueFd reopen(const UniqueFd& proc, const UniqueFd& file) {
    const std::string link = "self/fd/" + std::to_string(file.get());
    return UniqueFd{openat(proc.get(), link.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
}

// "": it is none to be read.
std::string read_file(const UniqueFd& proc, const resolve::Root& root) {
    auto found = root.find_linked(kFile);
    struct stat there {};
    if (!found.ok() || fstat(found.value().get(), &there) != 0 || !S_ISREG(there.st_mode))
        return {};
    const UniqueFd file = reopen(proc, found.value());
    std::string text(std::min(static_cast<size_t>(there.st_size), kLargest), '\0');
    size_t have = 0;
    while (file && have < text.size()) {
        const ssize_t got = read(file.get(), text.data() + have, text.size() - have);
        if (got <= 0)
            break;
        have += static_cast<size_t>(got);
    }
    text.resize(have);
    return text;
}

// What is left of the text after the next end, which is dropped; the text becomes what was before it.
std::string_view cut(std::string_view& text, char end) {
    const size_t at = std::min(text.find(end), text.size());
    const std::string_view rest = text.substr(std::min(at + 1, text.size()));
    text = text.substr(0, at);
    return rest;
}

// "render:x:104:alice"
std::optional<gid_t> number_in(std::string_view line, std::string_view name) {
    std::string_view number = cut(line, ':');
    if (line != name)
        return {};
    number = cut(number, ':');
    (void)cut(number, ':');
    gid_t gid = kNobody;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), gid);
    if (error != std::errc{} || end != number.data() + number.size() || gid == kNobody)
        return {};
    return gid;
}

} // namespace

std::optional<gid_t> find(const UniqueFd& proc, const resolve::Root& root, const std::string& name) {
    if (!proc)
        return {};
    const std::string text = read_file(proc, root);
    for (std::string_view line = text, rest; !line.empty(); line = rest) {
        rest = cut(line, '\n');
        if (const auto gid = number_in(line, name))
            return gid;
    }
    return {};
}

} // namespace tlxc::container_group
