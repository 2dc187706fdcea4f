#include "user-nic/allowance.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <memory>

#include "common/unique_fd.h"
#include "user-nic/fields.h"

namespace tlxc::user_nic {
namespace {

constexpr const char* kPath = "/etc/tlxc/tlxc-usernet";
constexpr long kMost = 1'000'000;

using File = std::unique_ptr<FILE, int (*)(FILE*)>;

File open_trusted() {
    UniqueFd fd{open(kPath, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
    struct stat status {};
    if (!fd || fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_uid != 0 ||
        (status.st_mode & 022) != 0)
        return {nullptr, fclose};
    return {fdopen(fd.release(), "r"), fclose}; // the stream's from now on
}

// The name of each of the caller's groups that has one.
std::vector<std::string> group_names(const Caller& caller) {
    std::vector<std::string> names;
    for (const gid_t gid : caller.groups)
        names.push_back(std::to_string(gid));
    const File file{fopen("/etc/group", "re"), fclose};
    while (const group* entry = file ? fgetgrent(file.get()) : nullptr)
        if (std::ranges::find(caller.groups, entry->gr_gid) != caller.groups.end())
            names.emplace_back(entry->gr_name);
    return names;
}

bool is_about(const std::string& who, const Caller& caller, const std::vector<std::string>& groups) {
    if (who.starts_with('@'))
        return std::ranges::find(groups, who.substr(1)) != groups.end();
    return who == caller.name || who == std::to_string(caller.uid);
}

long count_of(const std::string& text) {
    long count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    return error == std::errc{} && end == text.data() + text.size() ? std::clamp(count, 0L, kMost) : 0;
}

} // namespace

long allowance(const Caller& caller, const std::string& type, const std::string& bridge) {
    const File file = open_trusted();
    if (!file)
        return 0;
    const std::vector<std::string> groups = group_names(caller);
    long sum = 0;
    for (std::vector<std::string> fields; next_fields(file.get(), fields);)
        if (fields.size() == 4 && is_about(fields[0], caller, groups) && fields[1] == type &&
            fields[2] == bridge)
            sum = std::min(sum + count_of(fields[3]), kMost);
    return sum;
}

} // namespace tlxc::user_nic
