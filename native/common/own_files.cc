#include "common/own_files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

namespace tlxc {
namespace {

bool is_own(const struct stat& file) {
    return file.st_uid == 0 || file.st_uid == geteuid();
}

bool is_everybodys(const struct stat& directory) {
    return (directory.st_mode & S_IWOTH) != 0;
}

// Nobody else can put another in the place of what lies in it. A user's directories may lie below anybody's:
// who has those above them has the user's files anyway. But what lies in a directory like /tmp may be
// anybody's, who had only to be there first.
bool is_safe(const struct stat& directory, bool inEverybodys) {
    return (is_own(directory) || (geteuid() != 0 && !inEverybodys)) &&
           (!is_everybodys(directory) || (directory.st_mode & S_ISVTX) != 0);
}

// One component, a link only where nobody else can have led us astray with it.
UniqueFd open_component(int dir, const std::string& name) {
    constexpr int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    UniqueFd next{openat(dir, name.c_str(), flags | O_NOFOLLOW)};
    if (next || (errno != ELOOP && errno != ENOTDIR))
        return next;
    const int error = errno;
    struct stat link {};
    if (fstatat(dir, name.c_str(), &link, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(link.st_mode) &&
        link.st_uid == 0)
        return UniqueFd{openat(dir, name.c_str(), flags)};
    errno = error;
    return next;
}

} // namespace

Result<UniqueFd> own_directory(const char* step, const std::string& path) {
    UniqueFd here{open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    bool inEverybodys = false;
    for (size_t begin = 0; here && begin < path.size();) {
        const size_t end = std::min(path.find('/', begin), path.size());
        const std::string part = path.substr(begin, end - begin);
        begin = end + 1;
        if (part.empty())
            continue;
        const std::string so_far = path.substr(0, end);
        if (mkdirat(here.get(), part.c_str(), 0700) != 0 && errno != EEXIST)
            return syscall_failure(step, "mkdir", so_far);
        here = open_component(here.get(), part);
        struct stat found {};
        if (!here || fstat(here.get(), &found) != 0)
            return syscall_failure(step, "open", so_far);
        if (!is_safe(found, inEverybodys))
            return refusal(step, "not-ours", so_far);
        inEverybodys = is_everybodys(found);
    }
    if (!here)
        return syscall_failure(step, "open", path);
    return here;
}

UniqueFd open_own(const std::string& path, int flags, mode_t mode) {
    UniqueFd file{open(path.c_str(), flags | O_NOFOLLOW, mode)};
    if (file || errno != ELOOP)
        return file;
    struct stat link {};
    if (lstat(path.c_str(), &link) == 0 && S_ISLNK(link.st_mode) && is_own(link))
        return UniqueFd{open(path.c_str(), flags, mode)};
    errno = ELOOP;
    return {};
}

} // namespace tlxc
