#include "executor/mount/idmap.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>

#include "executor/namespaces.h"

namespace tlxc::idmap {

// The kernel takes a map in one write only.
Status write_directly(pid_t child, plan::IdKind kind, const std::vector<IdRange>& ranges) {
    std::string map;
    for (const auto& range : ranges)
        map += std::to_string(range.inside) + " " + std::to_string(range.outside) + " " +
               std::to_string(range.count) + "\n";
    const std::string path =
        "/proc/" + std::to_string(child) + (kind == plan::IdKind::Uid ? "/uid_map" : "/gid_map");
    const UniqueFd file{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
    if (!file)
        return syscall_failure("idmap", "open", path);
    if (::write(file.get(), map.data(), map.size()) != static_cast<ssize_t>(map.size()))
        return syscall_failure("idmap", "write", path);
    return {};
}

namespace {

Status write_map(const plan::StartPlan& plan, pid_t child, plan::IdKind kind) {
    std::vector<IdRange> ranges;
    const plan::Origin* origin = nullptr;
    for (const auto& entry : plan.idmap) {
        if (entry.kind != kind)
            continue;
        if (origin == nullptr)
            origin = &entry.origin;
        ranges.push_back({entry.inside, entry.outside, entry.count});
    }
    const bool isUid = kind == plan::IdKind::Uid;
    if (origin == nullptr)
        return refusal("idmap", isUid ? "no uid is mapped" : "no gid is mapped");
    Status written = plan.user
                         ? write_map_by(isUid ? plan.user->newUidMap : plan.user->newGidMap, child, ranges)
                         : write_directly(child, kind, ranges);
    if (!written.ok())
        return at(std::move(written.failure()), *origin);
    return {};
}

} // namespace

Status write_maps(const plan::StartPlan& plan, pid_t child) {
    if (!namespaces::is_new(plan, plan::Namespace::User))
        return {};
    TRY(write_map(plan, child, plan::IdKind::Uid));
    TRY(write_map(plan, child, plan::IdKind::Gid));
    return {};
}

Status become_root(const plan::StartPlan& plan) {
    if (setgroups(0, nullptr) != 0)
        return syscall_failure("idmap", "setgroups");
    if (plan.idmap.empty())
        return {};
    if (setresgid(0, 0, 0) != 0)
        return syscall_failure("idmap", "setresgid");
    if (setresuid(0, 0, 0) != 0)
        return syscall_failure("idmap", "setresuid");
    // The change of ids has closed /proc/PID to a monitor without privilege, which owns this namespace and
    // has to open others of it. Nobody else is let in: nothing else runs in this user namespace yet.
    if (plan.user && prctl(PR_SET_DUMPABLE, 1) != 0)
        return syscall_failure("idmap", "prctl");
    return {};
}

} // namespace tlxc::idmap
