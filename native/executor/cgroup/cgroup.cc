#include "executor/cgroup/cgroup.h"

#include <fcntl.h>
#include <time.h>

#include <algorithm>

#include "common/deadline.h"
#include "common/reserve.h"
#include "executor/cgroup/cgroup_claim.h"
#include "executor/cgroup/cgroup_delegate.h"
#include "executor/cgroup/cgroup_dir.h"
#include "executor/cgroup/device_program.h"
#include "executor/cgroup/freezer.h"
#include "executor/mapped_process.h"

namespace tlxc::cgroup {
namespace {

using plan::CgroupHierarchy;
using plan::StartPlan;

constexpr int kSuffixes = 1000;

std::string group_path(const CgroupHierarchy& hierarchy, const std::string& group) {
    return hierarchy.mountPoint + "/" + group;
}

Failure failed(const char* syscall, const CgroupHierarchy& hierarchy, const std::string& group) {
    return syscall_failure("cgroup", syscall, group_path(hierarchy, group));
}

Status write_settings(const CgroupHierarchy& hierarchy, const std::vector<plan::CgroupSetting>& settings,
                      const std::string& name, int group) {
    for (const auto& setting : settings) {
        if (setting.file.empty() || setting.file.find('/') != std::string::npos ||
            setting.file.starts_with('.'))
            return at(refusal("cgroup", "not-a-cgroup-file", setting.file), setting.origin);
        if (write_file(group, setting.file.c_str(), setting.value))
            continue;
        return at(failed("write", hierarchy, name + "/" + setting.file), setting.origin);
    }
    return {};
}

// Limits, and the inner group, which is returned: it comes after the limits, for a v1 child group copies its
// parent's device list and cpuset when it is made.
Result<UniqueFd> fill(const StartPlan& plan, const CgroupHierarchy& hierarchy, CgroupPlace& place) {
    TRY(write_settings(hierarchy, hierarchy.settings, place.limitGroup, place.owner.get()));
    if (hierarchy.version == 2 && !plan.cgroups.deviceRules.empty()) {
        Status status =
            attach_device_program(place.owner.get(), plan.cgroups.deviceRules, place.deviceProgram);
        if (!status.ok()) {
            status.failure().path = group_path(hierarchy, place.limitGroup);
            return std::move(status.failure());
        }
    }
    const std::string_view below = std::string_view{place.innerGroup}.substr(place.limitGroup.size());
    UniqueFd inner = below.empty() ? open_child(place.owner.get(), ".")
                                   : make_below(hierarchy, place.owner.get(), below, Controllers::HandDown);
    if (!inner)
        return failed("mkdir", hierarchy, place.innerGroup);
    TRY(write_settings(hierarchy, hierarchy.innerSettings, place.innerGroup, inner.get()));
    return inner;
}

// Where all monitors are and stay, which have no group of their own.
bool is_shared(const CgroupHierarchy& hierarchy) {
    return hierarchy.monitorGroup == hierarchy.pivotGroup;
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
        place.monitorGroup = is_shared(hierarchy) ? "" : hierarchy.monitorGroup;
        const Leftover leftover = plan.cgroups.allowSuffix ? Leftover::Replace : Leftover::Keep;
        const Claim result = claim(hierarchy, place.limitGroup, leftover, place.owner);
        if (result != Claim::Ours) {
            failure = failed("mkdir", hierarchy, place.limitGroup);
            return result;
        }
        places.push_back(std::move(place));
    }
    return Claim::Ours;
}

// Everything between empty limit groups and ones that the child may enter.
Status fill_all(const StartPlan& plan, Groups& groups) {
    for (auto& place : groups.places)
        groups.inner.push_back(TRY(fill(plan, *place.plan, place)));
    return delegate(plan, groups.places, groups.inner);
}

Status check(const StartPlan& plan) {
    for (const auto& hierarchy : plan.cgroups.hierarchies) {
        const std::string all = "/" + hierarchy.limitGroup + "/" + hierarchy.innerGroup + "/" +
                                hierarchy.monitorGroup + "/" + hierarchy.pivotGroup + "/";
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

// Writes itself into the group, which is mostly there: one open.
bool enter_own(const CgroupHierarchy& hierarchy) {
    const std::string path =
        group_path(hierarchy, hierarchy.monitorGroup) + "/" + own_entry(hierarchy.version);
    const UniqueFd entry{open(path.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC)};
    return entry && write(entry.get(), "0", 1) == 1;
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

void remove(const std::vector<CgroupPlace>& places, int deadlineMs) {
    std::vector<const CgroupPlace*> left;
    for (const auto& place : places)
        left.push_back(&place);
    const Deadline deadline{deadlineMs};
    for (long pauseMs = 1;; pauseMs = std::min(pauseMs * 2, 20L)) {
        std::erase_if(left, [](const CgroupPlace* place) { return remove_place(*place); });
        if (left.empty() || deadline.left() == 0)
            return;
        release(places); // a frozen process does not die of its SIGKILL
        const timespec pause{.tv_sec = 0, .tv_nsec = pauseMs * 1'000'000};
        nanosleep(&pause, nullptr);
    }
}

} // namespace

Status enter_monitor(const StartPlan& plan, int version) {
    for (const auto& hierarchy : plan.cgroups.hierarchies) {
        if (hierarchy.version != version || hierarchy.monitorGroup.empty() || enter_own(hierarchy))
            continue;
        const UniqueFd group = make_group(hierarchy, hierarchy.monitorGroup, Controllers::LeaveAlone);
        if (!group)
            return failed("mkdir", hierarchy, hierarchy.monitorGroup);
        if (!write_file(group.get(), own_entry(version), "0"))
            return failed("write", hierarchy, hierarchy.monitorGroup + "/" + own_entry(version));
    }
    return {};
}

Result<Groups> create(const StartPlan& plan) {
    TRY(check(plan));
    Groups groups;
    Reserve reserve;
    std::vector<CgroupPlace>& places = groups.places;
    Failure failure;
    for (int number = 0; number < kSuffixes; ++number) {
        const std::string suffix = number == 0 ? "" : "-" + std::to_string(number);
        const Claim result = claim_all(plan, suffix, places, failure);
        if (result == Claim::Ours)
            break;
        reserve.release();
        remove(places, 0);
        places.clear();
        if (result == Claim::Failed)
            return failure;
        if (result == Claim::Exists)
            return Failure{.step = "cgroup",
                           .syscall = "mkdir",
                           .err = EEXIST,
                           .path = failure.path,
                           .detail = "exists"};
        if (!plan.cgroups.allowSuffix || number + 1 == kSuffixes)
            return Failure{
                .step = "cgroup", .syscall = "mkdir", .err = EBUSY, .path = failure.path, .detail = "in-use"};
    }
    Status filled = fill_all(plan, groups);
    if (!filled.ok()) {
        reserve.release();
        remove(plan, places, 0);
        return std::move(filled.failure());
    }
    // The lock in the first hierarchy stands for all of them: nobody comes past it.
    for (size_t i = 1; i < places.size(); ++i)
        places[i].owner.reset();
    return groups;
}

Result<Door> open_door(const std::vector<CgroupPlace>& places, std::vector<UniqueFd> inner) {
    Door door;
    for (size_t i = 0; i < places.size(); ++i) {
        const CgroupPlace& place = places[i];
        if (place.version == 2) {
            door.unified = std::move(inner[i]);
            continue;
        }
        UniqueFd tasks{openat(inner[i].get(), "tasks", O_WRONLY | O_NOFOLLOW | O_CLOEXEC)};
        if (!tasks)
            return syscall_failure("cgroup", "open", place.mountPoint + "/" + place.innerGroup + "/tasks");
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

void remove(const StartPlan& plan, const std::vector<CgroupPlace>& places, int deadlineMs) {
    remove(places, deadlineMs);
    const auto remains = [](const CgroupPlace& place) {
        return static_cast<bool>(open_group(place.mountPoint, place.limitGroup));
    };
    // Groups that the container's root has made are not the user's to remove.
    if (plan.user && std::ranges::any_of(places, remains))
        (void)idmap::run_mapped(plan, [&]() -> Status {
            remove(places, deadlineMs);
            return {};
        }).ok();
}

void remove_monitor(const StartPlan& plan) {
    for (const auto& hierarchy : plan.cgroups.hierarchies) {
        if (hierarchy.monitorGroup.empty() || is_shared(hierarchy))
            continue;
        const UniqueFd pivot = make_group(hierarchy, hierarchy.pivotGroup, Controllers::LeaveAlone);
        if (!pivot || !write_file(pivot.get(), own_entry(hierarchy.version), "0"))
            continue; // its group stays: the next start of this container takes it again
        const auto [parent, name] = split_last(hierarchy.monitorGroup);
        const UniqueFd above = open_group(hierarchy.mountPoint, parent);
        if (above)
            (void)unlinkat(above.get(), name.c_str(), AT_REMOVEDIR); // a namesake elsewhere may still use it
    }
}

} // namespace tlxc::cgroup
