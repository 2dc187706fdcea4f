#include "executor/cgroup/cgroup_delegate.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <optional>

#include "executor/mapped_process.h"

namespace tlxc::cgroup {
namespace {

struct Owner {
    uid_t uid = 0;
    gid_t gid = 0;
    bool groupWrites = false;
};

// The container's root as the host's ids; none when it is the host's root.
std::optional<Owner> container_root(const plan::StartPlan& plan) {
    if (plan.idmap.empty())
        return {};
    Owner root;
    for (const auto& entry : plan.idmap) {
        if (entry.inside > 0 || entry.inside + entry.count <= 0)
            continue;
        if (entry.kind == plan::IdKind::Uid)
            root.uid = static_cast<uid_t>(entry.outside);
        else
            root.gid = static_cast<gid_t>(entry.outside);
    }
    return root;
}

Status give(const CgroupPlace& place, int inner, const Owner& owner) {
    const std::string path = place.mountPoint + "/" + place.innerGroup;
    if (fchown(inner, owner.uid, owner.gid) != 0)
        return syscall_failure("cgroup", "fchown", path);
    if (owner.groupWrites && fchmod(inner, 0775) != 0)
        return syscall_failure("cgroup", "fchmod", path);
    for (const auto& file : place.plan->delegatedFiles) {
        if (fchownat(inner, file.c_str(), owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW) != 0) {
            if (errno == ENOENT)
                continue;
            return syscall_failure("cgroup", "fchownat", path + "/" + file);
        }
        if (owner.groupWrites && fchmodat(inner, file.c_str(), 0664, 0) != 0)
            return syscall_failure("cgroup", "fchmodat", path + "/" + file);
    }
    return {};
}

Status give_all(const std::vector<CgroupPlace>& places, const std::vector<UniqueFd>& inner,
                const Owner& owner) {
    for (size_t i = 0; i < places.size(); ++i)
        if (!places[i].plan->delegatedFiles.empty())
            TRY(give(places[i], inner[i].get(), owner));
    return {};
}

} // namespace

Status delegate(const plan::StartPlan& plan, const std::vector<CgroupPlace>& places,
                const std::vector<UniqueFd>& inner) {
    const auto root = container_root(plan);
    if (!root || places.empty())
        return {};
    if (!plan.user)
        return give_all(places, inner, *root);
    const Owner owner{.uid = 0, .gid = idmap::own_gid(plan), .groupWrites = true};
    return idmap::run_mapped(plan, [&] { return give_all(places, inner, owner); });
}

} // namespace tlxc::cgroup
