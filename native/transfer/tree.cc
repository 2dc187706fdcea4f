#include "transfer/tree.h"

#include <climits>

#include "common/split_path.h"
#include "common/syscalls.h"

namespace tlxc::transfer {
namespace {

constexpr int kLinks = 40;
// A rename anywhere on the host may make the kernel give up a lookup that has to stay below root (EAGAIN).
constexpr int kAttempts = 64;

Result<std::string> target_of(int link, const std::string& path) {
    std::string text(PATH_MAX, '\0');
    const ssize_t size = readlinkat(link, "", text.data(), text.size());
    if (size < 0)
        return syscall_failure(kStep, "readlinkat", path);
    text.resize(static_cast<size_t>(size));
    return text;
}

} // namespace

bool is_entry_name(const std::string& name) {
    return !name.empty() && name != "." && name != ".." && name.size() <= NAME_MAX &&
           name.find('/') == std::string::npos && name.find('\0') == std::string::npos;
}

Result<UniqueFd> Tree::open_descriptors() {
    UniqueFd descriptors{::open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!descriptors)
        return syscall_failure(kStep, "open", "/proc/self/fd");
    return descriptors;
}

Result<Tree> Tree::open(Whose whose, UniqueFd descriptors) {
    UniqueFd root{::open(whose == Whose::Hosts ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!root)
        return syscall_failure(kStep, "open", "/");
    return Tree{std::move(root), std::move(descriptors), whose};
}

Result<UniqueFd> Tree::find(const std::string& path) const {
    const uint64_t scope = whose_ == Whose::Hosts ? 0 : RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    for (int attempt = 0;; ++attempt) {
        UniqueFd fd{sys::openat2(root_.get(), path.empty() ? "." : path.c_str(), O_PATH, scope)};
        if (fd)
            return fd;
        if (errno != EAGAIN || attempt == kAttempts)
            return syscall_failure(kStep, "openat2", path);
    }
}

Result<UniqueFd> Tree::make_directories(const std::string& path, const Owner& owner) const {
    auto found = find(path);
    if (found.ok() || found.failure().err != ENOENT)
        return found;
    const auto [above, name] = split_path(path);
    if (!is_entry_name(name))
        return found;
    const UniqueFd parent = TRY(make_directories(above, owner));
    if (mkdirat(parent.get(), name.c_str(), 0755) != 0 && errno != EEXIST)
        return syscall_failure(kStep, "mkdirat", path);
    UniqueFd made{openat(parent.get(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!made)
        return syscall_failure(kStep, "openat", path);
    const auto uid = static_cast<uid_t>(owner.uid);
    const auto gid = static_cast<gid_t>(owner.gid);
    if ((owner.uid >= 0 || owner.gid >= 0) && fchownat(made.get(), "", uid, gid, AT_EMPTY_PATH) != 0)
        return syscall_failure(kStep, "fchownat", path);
    return made;
}

// Sets path to where the link leads. On the host, a link that somebody else has put there is not followed.
Status Tree::follow(const Place& link, std::string& path) const {
    const UniqueFd fd{openat(link.directory.get(), link.name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC)};
    struct stat found {};
    if (!fd || fstat(fd.get(), &found) != 0)
        return syscall_failure(kStep, "openat", path);
    if (whose_ == Whose::Hosts && found.st_uid != 0 && found.st_uid != geteuid())
        return refusal(kStep, "another user's link", path);
    const std::string target = TRY(target_of(fd.get(), path));
    // Not brought to a plain form: the kernel goes back from where a directory really is.
    path = target.starts_with('/') ? target : split_path(path).first + "/" + target;
    return {};
}

Result<Place> Tree::place(const std::string& path) const {
    std::string wanted = path;
    for (int links = 0; links < kLinks; ++links) {
        const auto [above, name] = split_path(wanted);
        if (!is_entry_name(name))
            return refusal(kStep, "a directory", path);
        Place place{TRY(find(above)), name};
        if (fstatat(place.directory.get(), name.c_str(), &place.there, AT_SYMLINK_NOFOLLOW) != 0) {
            if (errno != ENOENT)
                return syscall_failure(kStep, "fstatat", path);
            return place;
        }
        place.exists = true;
        if (!S_ISLNK(place.there.st_mode))
            return place;
        TRY(follow(place, wanted));
    }
    errno = ELOOP;
    return syscall_failure(kStep, "readlinkat", path);
}

Result<Place> Tree::place_in(const std::string& path, const std::string& name) const {
    if (whose_ == Whose::Containers)
        return place(path + "/" + name);
    Place place{TRY(find(path)), name};
    const bool found = fstatat(place.directory.get(), name.c_str(), &place.there, AT_SYMLINK_NOFOLLOW) == 0;
    if (!found && errno != ENOENT)
        return syscall_failure(kStep, "fstatat", path + "/" + name);
    place.exists = found && !S_ISLNK(place.there.st_mode);
    return place;
}

UniqueFd Tree::reopen(int fd, int flags) const {
    const std::string name = std::to_string(fd);
    return UniqueFd{openat(descriptors_.get(), name.c_str(), flags | O_CLOEXEC)};
}

} // namespace tlxc::transfer
