#include "executor/cgroup/cgroup_claim.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <iterator>

#include "common/deadline.h"
#include "executor/cgroup/cgroup_dir.h"

namespace tlxc::cgroup {
namespace {

using plan::CgroupHierarchy;

constexpr mode_t kMode = 0755;
constexpr int kDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr int kDyingMs = 500;

bool is_cpuset(const CgroupHierarchy& hierarchy) {
    return hierarchy.version == 1 &&
           std::ranges::find(hierarchy.controllers, "cpuset") != hierarchy.controllers.end();
}

// A new v1 cpuset group has neither CPUs nor memory nodes and so takes no process: it gets its parent's.
void initialise_cpuset(const CgroupHierarchy& hierarchy, int parent, int group) {
    if (!is_cpuset(hierarchy))
        return;
    bool fresh = false;
    for (const char* file : {"cpuset.cpus", "cpuset.mems"})
        if (read_file(group, file).empty())
            fresh = write_file(group, file, read_file(parent, file)) || fresh;
    if (fresh)
        (void)write_file(group, "cgroup.clone_children", "1"); // for the groups that the container makes
}

// A v2 group below the root that holds processes. It cannot hand memory or io down; cpu or pids it could, but
// that would make those below it groups of threads, which take no container.
bool occupied(int group) {
    return !read_file(group, "cgroup.type").empty() && !read_file(group, "cgroup.procs").empty();
}

// Offers the v2 controllers of the plan to the children of group. One that the kernel does not offer here is
// skipped: the setting that needs it fails, and names its line.
void enable_controllers(const CgroupHierarchy& hierarchy, int group) {
    if (hierarchy.version != 2)
        return;
    const std::string enabled = " " + read_file(group, "cgroup.subtree_control") + " ";
    std::vector<std::string> missing;
    std::ranges::copy_if(hierarchy.controllers, std::back_inserter(missing), [&enabled](const auto& name) {
        return enabled.find(" " + name + " ") == std::string::npos;
    });
    if (missing.empty() || occupied(group))
        return;
    for (const auto& controller : missing)
        (void)write_file(group, "cgroup.subtree_control", "+" + controller);
}

// Whether fd still is what the name leads to, and not a directory removed since it was opened.
bool is_named(int fd, int above, const std::string& name) {
    struct stat a {
    }, b{};
    return fstat(fd, &a) == 0 && fstatat(above, name.c_str(), &b, AT_SYMLINK_NOFOLLOW) == 0 &&
           a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

// What a killed monitor left inside is dying, which may take a moment; anybody else stays.
bool empties(int group, int version) {
    const Deadline deadline{kDyingMs};
    while (populated(group, version)) {
        if (deadline.left() == 0)
            return false;
        const timespec pause{.tv_sec = 0, .tv_nsec = 5'000'000};
        nanosleep(&pause, nullptr);
    }
    return true;
}

} // namespace

std::pair<std::string, std::string> split_last(const std::string& group) {
    const size_t slash = group.rfind('/');
    if (slash == std::string::npos)
        return {"", group};
    return {group.substr(0, slash), group.substr(slash + 1)};
}

UniqueFd make_group(const CgroupHierarchy& hierarchy, std::string_view group, Controllers controllers) {
    const bool writesOnTheWay = hierarchy.version == 2 || is_cpuset(hierarchy);
    if (!writesOnTheWay)
        if (UniqueFd there = open_group(hierarchy.mountPoint, group); there || errno != ENOENT)
            return there;
    UniqueFd root = open_group(hierarchy.mountPoint, "");
    if (!root || group.empty())
        return root;
    return make_below(hierarchy, root.get(), group, controllers);
}

UniqueFd make_below(const CgroupHierarchy& hierarchy, int above, std::string_view group,
                    Controllers controllers) {
    UniqueFd here;
    for (size_t at = 0; at < group.size();) {
        const size_t end = std::min(group.find('/', at), group.size());
        const std::string part{group.substr(at, end - at)};
        at = end + 1;
        if (part.empty())
            continue;
        if (controllers == Controllers::HandDown)
            enable_controllers(hierarchy, above);
        const bool made = mkdirat(above, part.c_str(), kMode) == 0;
        if (!made && errno != EEXIST)
            return {};
        UniqueFd next{openat(above, part.c_str(), kDirectory)};
        if (!next)
            return {};
        // Also one that is there already: who makes it at this moment may not have come to that.
        initialise_cpuset(hierarchy, above, next.get());
        here = std::move(next);
        above = here.get();
    }
    return here;
}

Claim claim(const CgroupHierarchy& hierarchy, const std::string& group, Leftover leftover, UniqueFd& owner) {
    const auto [parent, name] = split_last(group);
    const UniqueFd above = make_group(hierarchy, parent, Controllers::HandDown);
    if (!above)
        return Claim::Failed;
    enable_controllers(hierarchy, above.get());
    for (int attempt = 0; attempt < 3; ++attempt) {
        const bool made = mkdirat(above.get(), name.c_str(), kMode) == 0;
        if (!made && errno != EEXIST)
            return Claim::Failed;
        UniqueFd fd{openat(above.get(), name.c_str(), kDirectory)};
        if (!fd) {
            if (errno == ENOENT)
                continue;
            const int error = errno;
            if (made)
                unlinkat(above.get(), name.c_str(), AT_REMOVEDIR);
            errno = error;
            return Claim::Failed;
        }
        if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
            return Claim::InUse;
        if (!is_named(fd.get(), above.get(), name))
            continue;
        if (made) {
            initialise_cpuset(hierarchy, above.get(), fd.get());
            owner = std::move(fd);
            return Claim::Ours;
        }
        if (!empties(fd.get(), static_cast<int>(hierarchy.version)))
            return Claim::InUse;
        if (leftover == Leftover::Keep)
            return Claim::Exists;
        if (!remove_tree(above.get(), name))
            return errno == EBUSY ? Claim::InUse : Claim::Failed;
    }
    return Claim::InUse;
}

bool is_held(const std::string& mountPoint, const std::string& group, const UniqueFd& owner) {
    const auto [parent, name] = split_last(group);
    const UniqueFd above = open_group(mountPoint, parent);
    return owner && above && is_named(owner.get(), above.get(), name);
}

} // namespace tlxc::cgroup
