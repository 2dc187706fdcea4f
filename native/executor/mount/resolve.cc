#include "executor/mount/resolve.h"

#include <sys/stat.h>

#include <algorithm>

#include "common/syscalls.h"

namespace tlxc::resolve {
namespace {

// A rename anywhere on the host may make the kernel give up a lookup that has to stay below root (EAGAIN).
constexpr int kAttempts = 64;

constexpr std::array<std::string_view, 3> kOurs{"dev", "proc", "sys"};

// -1: none of ours.
ptrdiff_t index_of(const std::string& name) {
    const auto found = std::ranges::find(kOurs, name);
    return found == kOurs.end() ? -1 : found - kOurs.begin();
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

Failure lookup_failure(const char* syscall, const std::string& target) {
    Failure failure = syscall_failure("resolve", syscall, target);
    if (failure.err == ELOOP || failure.err == EEXIST)
        failure.detail = "a symbolic link where none is allowed";
    return failure;
}

} // namespace

Result<Root::Lookup> Root::begin(const std::string& target, Links links) const {
    Lookup lookup{directory_.get(), false, TRY(components(target)), target};
    const ptrdiff_t ours = index_of(lookup.names.front());
    lookup.strict = ours >= 0 || links == Links::Refused;
    if (ours >= 0 && mounts_[static_cast<size_t>(ours)]) {
        lookup.base = mounts_[static_cast<size_t>(ours)].get();
        lookup.names.erase(lookup.names.begin());
    }
    return lookup;
}

// O_PATH of names below the lookup's base, with these further flags; none and errno when it cannot be had.
UniqueFd Root::open_path(const Lookup& lookup, Names names, int flags) {
    std::string path = ".";
    for (const auto& name : names)
        path += "/" + name;
    const uint64_t links = lookup.strict ? RESOLVE_NO_SYMLINKS : RESOLVE_NO_MAGICLINKS;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        const int fd = sys::openat2(lookup.base, path.c_str(), O_PATH | flags, RESOLVE_IN_ROOT | links);
        if (fd >= 0 || errno != EAGAIN)
            return UniqueFd{fd};
    }
    return {};
}

// The directory that names stands for. Each one missing is made in its parent's descriptor, where a link that
// appears in the meantime is an error and not a way out.
Result<UniqueFd> Root::make_directories(const Lookup& lookup, Names names) {
    UniqueFd directory = open_path(lookup, names, O_DIRECTORY);
    if (directory)
        return directory;
    if (errno != ENOENT || names.empty())
        return lookup_failure("openat2", lookup.target);
    const UniqueFd parent = TRY(make_directories(lookup, names.first(names.size() - 1)));
    if (mkdirat(parent.get(), names.back().c_str(), 0755) != 0)
        return lookup_failure("mkdirat", lookup.target);
    directory = open_path(lookup, names, O_DIRECTORY);
    if (!directory)
        return lookup_failure("openat2", lookup.target);
    return directory;
}

Result<UniqueFd> Root::find(const std::string& target) const {
    return find(target, Links::Refused);
}

Result<UniqueFd> Root::find_linked(const std::string& target) const {
    return find(target, Links::Followed);
}

Result<UniqueFd> Root::find(const std::string& target, Links links) const {
    const Lookup lookup = TRY(begin(target, links));
    UniqueFd fd = open_path(lookup, lookup.names, 0);
    if (!fd)
        return lookup_failure("openat2", target);
    return fd;
}

Result<UniqueFd> Root::find_or_make(const std::string& target, plan::Create kind) const {
    auto found = find(target);
    if (found.ok() || found.failure().err != ENOENT || kind == plan::Create::None)
        return found;
    if (kind == plan::Create::Dir) {
        const Lookup lookup = TRY(begin(target));
        return make_directories(lookup, lookup.names);
    }
    const Entry place = TRY(entry(target));
    const int flags = O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC;
    const UniqueFd file{openat(place.directory.get(), place.name.c_str(), flags, 0644)};
    if (!file)
        return lookup_failure("openat", target);
    return find(target);
}

Result<Entry> Root::entry(const std::string& target) const {
    const Lookup lookup = TRY(begin(target));
    if (lookup.names.empty())
        return refusal("resolve", "a mount point", target);
    const Names above = Names(lookup.names).first(lookup.names.size() - 1);
    UniqueFd directory = TRY(make_directories(lookup, above));
    return Entry{std::move(directory), lookup.names.back()};
}

void Root::remember(const std::string& target, UniqueFd mount) {
    auto names = components(target);
    if (!names.ok() || names.value().size() != 1)
        return;
    const ptrdiff_t ours = index_of(names.value().front());
    if (ours >= 0)
        mounts_[static_cast<size_t>(ours)] = std::move(mount);
}

std::string shown(const plan::StartPlan& plan, const std::string& target) {
    return (plan.rootfs.kind == plan::RootfsKind::Bind ? plan.rootfs.source : "") + "/" + target;
}

} // namespace tlxc::resolve
