#include "executor/cgroup.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <optional>

#include "common/deadline.h"
#include "executor/cgroup_dir.h"
#include "executor/device_program.h"
#include "executor/freezer.h"

namespace tlxc::cgroup {
namespace {

using plan::CgroupHierarchy;
using plan::StartPlan;

constexpr mode_t kMode = 0755;
constexpr int kSuffixes = 1000;
constexpr int kDyingMs = 500;

void pause_ms(long milliseconds) {
    const timespec pause{.tv_sec = 0, .tv_nsec = milliseconds * 1'000'000};
    nanosleep(&pause, nullptr);
}

std::string group_path(const CgroupHierarchy& hierarchy, const std::string& group) {
    return hierarchy.mountPoint + "/" + group;
}

bool has(const std::vector<std::string>& list, std::string_view word) {
    return std::ranges::find(list, word) != list.end();
}

std::pair<std::string, std::string> split_last(const std::string& group) {
    const size_t slash = group.rfind('/');
    if (slash == std::string::npos)
        return {"", group};
    return {group.substr(0, slash), group.substr(slash + 1)};
}

// A new v1 cpuset group has neither CPUs nor memory nodes and so takes no process: it gets its parent's.
void initialise_cpuset(const CgroupHierarchy& hierarchy, int parent, int group) {
    if (hierarchy.version != 1 || !has(hierarchy.controllers, "cpuset"))
        return;
    for (const char* file : {"cpuset.cpus", "cpuset.mems"})
        if (read_file(group, file).empty())
            (void)write_file(group, file, read_file(parent, file));
    (void)write_file(group, "cgroup.clone_children", "1"); // for the groups that the container makes
}

// Offers the v2 controllers of the plan to the children of group. One that the kernel does not offer here is
// skipped: the setting that needs it fails, and names its line.
void enable_controllers(const CgroupHierarchy& hierarchy, int group) {
    if (hierarchy.version != 2)
        return;
    const std::string enabled = " " + read_file(group, "cgroup.subtree_control") + " ";
    for (const auto& controller : hierarchy.controllers)
        if (enabled.find(" " + controller + " ") == std::string::npos)
            (void)write_file(group, "cgroup.subtree_control", "+" + controller);
}

enum class Controllers { HandDown, LeaveAlone };

// mkdir -p below the mount point: the group's descriptor, or none with errno set. Controllers are enabled in
// every ancestor, not in the group itself.
UniqueFd make_group(const CgroupHierarchy& hierarchy, std::string_view group, Controllers controllers) {
    UniqueFd here = open_group(hierarchy.mountPoint, "");
    for (size_t at = 0; here && at < group.size();) {
        const size_t end = std::min(group.find('/', at), group.size());
        const std::string part{group.substr(at, end - at)};
        at = end + 1;
        if (part.empty())
            continue;
        if (controllers == Controllers::HandDown)
            enable_controllers(hierarchy, here.get());
        const bool made = mkdirat(here.get(), part.c_str(), kMode) == 0;
        if (!made && errno != EEXIST)
            return {};
        UniqueFd next{openat(here.get(), part.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
        if (next && made)
            initialise_cpuset(hierarchy, here.get(), next.get());
        here = std::move(next);
    }
    return here;
}

Failure failed(const char* syscall, const CgroupHierarchy& hierarchy, const std::string& group) {
    return syscall_failure("cgroup", syscall, group_path(hierarchy, group));
}

// Whether fd still is what the name leads to, and not a directory removed since it was opened.
bool same_group(int fd, const UniqueFd& other) {
    struct stat a {
    }, b{};
    return other && fstat(fd, &a) == 0 && fstat(other.get(), &b) == 0 && a.st_ino == b.st_ino &&
           a.st_dev == b.st_dev;
}

// What a killed monitor left inside is dying, which may take a moment; anybody else stays.
bool empties(int group, int version) {
    const Deadline deadline{kDyingMs};
    while (populated(group, version)) {
        if (deadline.left() == 0)
            return false;
        pause_ms(5);
    }
    return true;
}

enum class Claim { Ours, InUse, Failed };

// Makes the limit group, new and empty. Who holds the flock on it owns it: a monitor holds it for life, so a
// group that can be locked and has nobody inside was left behind, and is removed and made anew.
Claim claim(const CgroupHierarchy& hierarchy, const std::string& group, UniqueFd& owner) {
    const auto [parent, name] = split_last(group);
    const UniqueFd above = make_group(hierarchy, parent, Controllers::HandDown);
    if (!above)
        return Claim::Failed;
    enable_controllers(hierarchy, above.get());
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    for (int attempt = 0; attempt < 3; ++attempt) {
        const bool made = mkdirat(above.get(), name.c_str(), kMode) == 0;
        if (!made && errno != EEXIST)
            return Claim::Failed;
        UniqueFd fd{openat(above.get(), name.c_str(), flags)};
        if (!fd)
            continue;
        if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
            return Claim::InUse;
        if (!same_group(fd.get(), UniqueFd{openat(above.get(), name.c_str(), flags)}))
            continue;
        if (made) {
            initialise_cpuset(hierarchy, above.get(), fd.get());
            owner = std::move(fd);
            return Claim::Ours;
        }
        if (!empties(fd.get(), static_cast<int>(hierarchy.version)))
            return Claim::InUse;
        if (!remove_tree(above.get(), name))
            return errno == EBUSY ? Claim::InUse : Claim::Failed;
    }
    return Claim::InUse;
}

Status write_settings(const CgroupHierarchy& hierarchy, const CgroupPlace& place) {
    for (const auto& setting : hierarchy.settings) {
        if (setting.file.empty() || setting.file.find('/') != std::string::npos ||
            setting.file.starts_with('.'))
            return at(refusal("cgroup", "not-a-cgroup-file", setting.file), setting.origin);
        if (write_file(place.owner.get(), setting.file.c_str(), setting.value))
            continue;
        return at(failed("write", hierarchy, place.limitGroup + "/" + setting.file), setting.origin);
    }
    return {};
}

// The host ids of the container's root; none when it is the host's root.
std::optional<std::pair<uid_t, gid_t>> container_root(const StartPlan& plan) {
    if (plan.idmap.empty())
        return {};
    std::pair<uid_t, gid_t> root{0, 0};
    for (const auto& entry : plan.idmap) {
        if (entry.inside > 0 || entry.inside + entry.count <= 0)
            continue;
        (entry.kind == plan::IdKind::Uid ? root.first : root.second) = static_cast<uid_t>(entry.outside);
    }
    return root;
}

// Hands the inner group to the container's root: the directory and the files that make and fill groups, never
// a limit.
Status delegate(const StartPlan& plan, const CgroupHierarchy& hierarchy, const CgroupPlace& place,
                int inner) {
    const auto root = container_root(plan);
    if (!root)
        return {};
    if (fchown(inner, root->first, root->second) != 0)
        return failed("fchown", hierarchy, place.innerGroup);
    for (const auto& file : hierarchy.delegatedFiles) {
        if (fchownat(inner, file.c_str(), root->first, root->second, AT_SYMLINK_NOFOLLOW) == 0)
            continue;
        if (errno != ENOENT)
            return failed("fchownat", hierarchy, place.innerGroup + "/" + file);
    }
    return {};
}

// Everything between an empty limit group and one that the child may enter. The inner group comes after the
// limits: a v1 child group copies its parent's device list and cpuset when it is made.
Status fill(const StartPlan& plan, const CgroupHierarchy& hierarchy, const CgroupPlace& place) {
    if (Status status = write_settings(hierarchy, place); !status.ok())
        return status;
    if (hierarchy.version == 2 && !plan.cgroups.deviceRules.empty()) {
        Status status = attach_device_program(place.owner.get(), plan.cgroups.deviceRules);
        if (!status.ok()) {
            status.failure().path = group_path(hierarchy, place.limitGroup);
            return status;
        }
    }
    const UniqueFd inner = make_group(hierarchy, place.innerGroup, Controllers::HandDown);
    if (!inner)
        return failed("mkdir", hierarchy, place.innerGroup);
    return delegate(plan, hierarchy, place, inner.get());
}

// Claims the limit groups with one suffix in all hierarchies; places holds those claimed, also when it fails.
Claim claim_all(const StartPlan& plan, const std::string& suffix, std::vector<CgroupPlace>& places,
                Failure& failure) {
    for (const auto& hierarchy : plan.cgroups.hierarchies) {
        CgroupPlace place;
        place.plan = &hierarchy;
        place.version = static_cast<int>(hierarchy.version);
        place.mountPoint = hierarchy.mountPoint;
        place.controllers = hierarchy.controllers;
        place.limitGroup = hierarchy.limitGroup + suffix;
        place.innerGroup = place.limitGroup + hierarchy.innerGroup.substr(hierarchy.limitGroup.size());
        place.monitorGroup = hierarchy.monitorGroup;
        const Claim result = claim(hierarchy, place.limitGroup, place.owner);
        if (result != Claim::Ours) {
            failure = failed("mkdir", hierarchy, place.limitGroup);
            return result;
        }
        places.push_back(std::move(place));
    }
    return Claim::Ours;
}

Status check(const StartPlan& plan) {
    for (const auto& hierarchy : plan.cgroups.hierarchies) {
        const std::string all =
            "/" + hierarchy.limitGroup + "/" + hierarchy.innerGroup + "/" + hierarchy.monitorGroup + "/";
        if (hierarchy.limitGroup.empty() || !hierarchy.innerGroup.starts_with(hierarchy.limitGroup) ||
            all.find("/../") != std::string::npos)
            return refusal("cgroup", "bad-group-name", group_path(hierarchy, hierarchy.limitGroup));
    }
    const auto v2 = [](const CgroupHierarchy& hierarchy) { return hierarchy.version == 2; };
    if (!plan.cgroups.deviceRules.empty() && std::ranges::none_of(plan.cgroups.hierarchies, v2))
        return refusal("cgroup", "device-rules-need-cgroup2");
    return {};
}

// The file in which a process of one thread moves itself. Version 1 moves single threads, and that at once.
const char* own_entry(int64_t version) {
    return version == 1 ? "tasks" : "cgroup.procs";
}

// Moves this process.
bool move_into(const CgroupHierarchy& hierarchy, const std::string& group) {
    const UniqueFd fd = open_group(hierarchy.mountPoint, group);
    return fd && write_file(fd.get(), own_entry(hierarchy.version), "0");
}

// Kills what lives in the place and removes its groups; false while something is still left.
bool remove_place(const CgroupPlace& place) {
    const auto [parent, name] = split_last(place.limitGroup);
    const UniqueFd above = open_group(place.mountPoint, parent);
    if (!above || remove_tree(above.get(), name))
        return true;
    if (errno != EBUSY)
        return true; // no right to: nothing that waiting would change
    const UniqueFd group = open_group(place.mountPoint, place.limitGroup);
    if (group)
        kill_all(group.get(), place.version);
    return false;
}

} // namespace

Status enter_monitor(const StartPlan& plan, int version) {
    for (const auto& hierarchy : plan.cgroups.hierarchies) {
        if (hierarchy.version != version || hierarchy.monitorGroup.empty())
            continue;
        const UniqueFd group = make_group(hierarchy, hierarchy.monitorGroup, Controllers::LeaveAlone);
        if (!group)
            return failed("mkdir", hierarchy, hierarchy.monitorGroup);
        if (!write_file(group.get(), own_entry(version), "0"))
            return failed("write", hierarchy, hierarchy.monitorGroup + "/" + own_entry(version));
    }
    return {};
}

Result<std::vector<CgroupPlace>> create(const StartPlan& plan) {
    if (Status status = check(plan); !status.ok())
        return status.failure();
    std::vector<CgroupPlace> places;
    Failure failure;
    for (int number = 0; number < kSuffixes; ++number) {
        const std::string suffix = number == 0 ? "" : "-" + std::to_string(number);
        const Claim result = claim_all(plan, suffix, places, failure);
        if (result == Claim::Ours)
            break;
        remove(places, 0);
        places.clear();
        if (result == Claim::Failed)
            return failure;
        if (!plan.cgroups.allowSuffix || number + 1 == kSuffixes)
            return Failure{
                .step = "cgroup", .syscall = "mkdir", .err = EBUSY, .path = failure.path, .detail = "in-use"};
    }
    for (size_t i = 0; i < places.size(); ++i) {
        Status status = fill(plan, plan.cgroups.hierarchies[i], places[i]);
        if (!status.ok()) {
            remove(places, 0);
            return std::move(status.failure());
        }
    }
    // The lock in the first hierarchy stands for all of them: nobody comes past it.
    for (size_t i = 1; i < places.size(); ++i)
        places[i].owner.reset();
    return places;
}

Result<Door> open_door(const std::vector<CgroupPlace>& places) {
    Door door;
    for (const auto& place : places) {
        const std::string path = place.mountPoint + "/" + place.innerGroup;
        UniqueFd group = open_group(place.mountPoint, place.innerGroup);
        if (!group)
            return syscall_failure("cgroup", "open", path);
        if (place.version == 2) {
            door.unified = std::move(group);
            continue;
        }
        UniqueFd tasks{openat(group.get(), "tasks", O_WRONLY | O_NOFOLLOW | O_CLOEXEC)};
        if (!tasks)
            return syscall_failure("cgroup", "open", path + "/tasks");
        door.tasks.push_back(std::move(tasks));
    }
    return door;
}

Status enter(const Door& door) {
    for (const auto& tasks : door.tasks)
        if (write(tasks.get(), "0", 1) != 1)
            return syscall_failure("cgroup", "write", "tasks");
    return {};
}

void remove(const std::vector<CgroupPlace>& places, int deadlineMs) {
    std::vector<const CgroupPlace*> left;
    for (const auto& place : places)
        left.push_back(&place);
    const Deadline deadline{deadlineMs};
    for (long pauseMs = 1;; pauseMs = std::min(pauseMs * 2, 20L)) {
        std::erase_if(left, [](const CgroupPlace* place) { return remove_place(*place); });
        if (left.empty() || deadline.left() == 0)
            return;
        thaw(places); // a frozen process does not die of its SIGKILL
        pause_ms(pauseMs);
    }
}

void remove_monitor(const StartPlan& plan) {
    for (const auto& hierarchy : plan.cgroups.hierarchies) {
        if (hierarchy.monitorGroup.empty())
            continue;
        auto [parent, name] = split_last(hierarchy.monitorGroup);
        const UniqueFd above = open_group(hierarchy.mountPoint, parent);
        // Upwards to the first group that takes a process: one that hands v2 controllers down does not.
        while (!move_into(hierarchy, parent) && !parent.empty())
            parent = split_last(parent).first;
        if (above)
            (void)unlinkat(above.get(), name.c_str(), AT_REMOVEDIR); // a namesake elsewhere may still use it
    }
}

} // namespace tlxc::cgroup
