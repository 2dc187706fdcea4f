#include "executor/resolve.h"

#include <sys/stat.h>

#include <algorithm>
#include <span>
#include <vector>

#include "common/syscalls.h"

namespace tlxc::resolve {
namespace {

// A rename anywhere on the host may make the kernel give up a lookup that has to stay below root (EAGAIN).
constexpr int kAttempts = 64;

using Names = std::span<const std::string>;

bool is_ours(Names names) {
    return names[0] == "dev" || names[0] == "proc" || names[0] == "sys";
}

Result<std::vector<std::string>> components(const std::string& target) {
    std::vector<std::string> names;
    for (size_t at = 0; at < target.size();) {
        const size_t end = std::min(target.find('/', at), target.size());
        std::string name = target.substr(at, end - at);
        at = end + 1;
        if (name.empty() || name == ".")
            continue;
        if (name == "..")
            return refusal("resolve", "a path that climbs", target);
        names.push_back(std::move(name));
    }
    if (names.empty())
        return refusal("resolve", "the root filesystem itself", target);
    return names;
}

// O_PATH of names below root, with these further flags; none and errno when it cannot be had.
UniqueFd open_path(int root, Names names, int flags) {
    std::string path = ".";
    for (const auto& name : names)
        path += "/" + name;
    const bool strict = !names.empty() && is_ours(names);
    const uint64_t how = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | (strict ? RESOLVE_NO_SYMLINKS : 0);
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        const int fd = sys::openat2(root, path.c_str(), O_PATH | flags, how);
        if (fd >= 0 || errno != EAGAIN)
            return UniqueFd{fd};
    }
    return {};
}

Failure lookup_failure(const char* syscall, const std::string& target) {
    Failure failure = syscall_failure("resolve", syscall, target);
    if (failure.err == ELOOP || failure.err == EEXIST)
        failure.detail = "a symbolic link where none is allowed";
    return failure;
}

// The directory that names stands for. Each one missing is made in its parent's descriptor, where a link that
// appears in the meantime is an error and not a way out.
Result<UniqueFd> make_directories(int root, Names names, const std::string& target) {
    UniqueFd directory = open_path(root, names, O_DIRECTORY);
    if (directory)
        return directory;
    if (errno != ENOENT || names.empty())
        return lookup_failure("openat2", target);
    const UniqueFd parent = TRY(make_directories(root, names.first(names.size() - 1), target));
    if (mkdirat(parent.get(), names.back().c_str(), 0755) != 0)
        return lookup_failure("mkdirat", target);
    directory = open_path(root, names, O_DIRECTORY);
    if (!directory)
        return lookup_failure("openat2", target);
    return directory;
}

} // namespace

Result<UniqueFd> find(int root, const std::string& target) {
    const auto names = TRY(components(target));
    UniqueFd fd = open_path(root, names, 0);
    if (!fd)
        return lookup_failure("openat2", target);
    return fd;
}

Result<UniqueFd> find_or_make(int root, const std::string& target, plan::Create kind) {
    auto found = find(root, target);
    if (found.ok() || found.failure().err != ENOENT || kind == plan::Create::None)
        return found;
    const auto names = TRY(components(target));
    if (kind == plan::Create::Dir)
        return make_directories(root, names, target);
    const UniqueFd parent = TRY(make_directories(root, Names(names).first(names.size() - 1), target));
    const UniqueFd file{
        openat(parent.get(), names.back().c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644)};
    if (!file)
        return lookup_failure("openat", target);
    return find(root, target);
}

Result<Entry> entry(int root, const std::string& target) {
    const auto names = TRY(components(target));
    UniqueFd directory = TRY(make_directories(root, Names(names).first(names.size() - 1), target));
    return Entry{std::move(directory), names.back()};
}

std::string shown(const plan::StartPlan& plan, const std::string& target) {
    return (plan.rootfs.kind == plan::RootfsKind::Bind ? plan.rootfs.source : "") + "/" + target;
}

} // namespace tlxc::resolve
