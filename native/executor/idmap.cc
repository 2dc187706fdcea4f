#include "executor/idmap.h"

#include <fcntl.h>
#include <grp.h>

namespace tlxc::idmap {
namespace {

// The kernel takes a map in one write only.
Status write_map(const plan::StartPlan& plan, pid_t child, plan::IdKind kind) {
    std::string map;
    const plan::Origin* origin = nullptr;
    for (const auto& entry : plan.idmap) {
        if (entry.kind != kind)
            continue;
        if (origin == nullptr)
            origin = &entry.origin;
        map += std::to_string(entry.inside) + " " + std::to_string(entry.outside) + " " +
               std::to_string(entry.count) + "\n";
    }
    if (origin == nullptr)
        return refusal("idmap", kind == plan::IdKind::Uid ? "no uid is mapped" : "no gid is mapped");
    const std::string path =
        "/proc/" + std::to_string(child) + (kind == plan::IdKind::Uid ? "/uid_map" : "/gid_map");
    const UniqueFd file{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
    if (!file)
        return at(syscall_failure("idmap", "open", path), *origin);
    if (::write(file.get(), map.data(), map.size()) != static_cast<ssize_t>(map.size()))
        return at(syscall_failure("idmap", "write", path), *origin);
    return {};
}

} // namespace

Status write_maps(const plan::StartPlan& plan, pid_t child) {
    if (plan.idmap.empty())
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
    return {};
}

} // namespace tlxc::idmap
