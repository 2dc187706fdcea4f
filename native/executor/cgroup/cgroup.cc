#include "executor/cgroup/cgroup.h"

#include <fcntl.h>

#include <algorithm>
#include <sstream>

#include "common/reserve.h"
#include "executor/cgroup/cgroup_claim.h"
#include "executor/cgroup/cgroup_delegate.h"
#include "executor/cgroup/cgroup_dir.h"
#include "executor/cgroup/device_access.h"
#include "executor/cgroup/device_program.h"

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

Status attach_rules(const std::vector<plan::DeviceRule>& rules, int group, CgroupPlace& place) {
    Status status = attach_device_program(group, rules, place.deviceProgram);
    if (!status.ok())
        status.failure().path = place.mountPoint + "/" + place.limitGroup;
    return status;
}

// It comes after the limits, for a v1 child group copies its parent's device list and cpuset when it is made.
Result<UniqueFd> make_inner(const CgroupPlace& place, int limitGroup) {
    const std::string_view below = std::string_view{place.innerGroup}.substr(place.limitGroup.size());
    UniqueFd inner = below.empty() ? open_child(limitGroup, ".")
                                   : make_below(*place.plan, limitGroup, below, Controllers::HandDown);
    if (!inner)
        return failed("mkdir", *place.plan, place.innerGroup);
    return inner;
}

// Limits, and the inner group, which is returned.
Result<UniqueFd> fill(const StartPlan& plan, CgroupPlace& place) {
    const CgroupHierarchy& hierarchy = *place.plan;
    const int limitGroup = place.owner.get();
    TRY(write_settings(hierarchy, hierarchy.settings, place.limitGroup, limitGroup));
    if (place.version == 2 && !plan.cgroups.deviceRules.empty())
        TRY(attach_rules(plan.cgroups.deviceRules, limitGroup, place));
    UniqueFd inner = TRY(make_inner(place, limitGroup));
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
        groups.inner.push_back(TRY(fill(plan, place)));
    return delegate(plan, groups.places, groups.inner);
}

// What the limit group does not hand down, as it is there by now: a line a device, or one value.
Status hand_down(const CgroupPlace& place, int limitGroup, int inner) {
    for (const std::string& file : place.plan->innerFiles) {
        std::istringstream lines{read_file(limitGroup, file.c_str())};
        for (std::string line; std::getline(lines, line);)
            if (!write_file(inner, file.c_str(), line))
                return failed("write", *place.plan, place.innerGroup + "/" + file);
    }
    return {};
}

// The plan's list over what take_back leaves. "All" is said already, and version 1 takes it only once the
// kernel has forgotten the inner group.
Status write_device_list(const StartPlan& plan, CgroupPlace& place, int limitGroup) {
    if (place.version == 2)
        return plan.cgroups.deviceRules.empty() && !place.deviceProgram
                   ? Status{}
                   : attach_rules(plan.cgroups.deviceRules, limitGroup, place);
    std::vector<plan::CgroupSetting> list = place.plan->settings;
    std::erase_if(list, [](const auto& setting) {
        return !setting.file.starts_with("devices.") || setting.value.starts_with('a');
    });
    return write_settings(*place.plan, list, place.limitGroup, limitGroup);
}

// The same where the limit groups are those of the run before.
Status fill_again(const StartPlan& plan, Groups& groups, const std::vector<GivenDevice>& devices) {
    if (!devices.empty())
        TRY(take_back(groups.places, devices));
    for (auto& place : groups.places) {
        const UniqueFd limitGroup = open_group(place.mountPoint, place.limitGroup);
        if (!limitGroup)
            return failed("open", *place.plan, place.limitGroup);
        if (!devices.empty())
            TRY(write_device_list(plan, place, limitGroup.get()));
        UniqueFd inner = TRY(make_inner(place, limitGroup.get()));
        TRY(hand_down(place, limitGroup.get(), inner.get()));
        groups.inner.push_back(std::move(inner));
    }
    return delegate(plan, groups.places, groups.inner);
}

// Whether they are there still, empty, and the plan's; if so they are marked as such.
bool are_ready(const StartPlan& plan, std::vector<CgroupPlace>& places) {
    const auto& hierarchies = plan.cgroups.hierarchies;
    if (places.empty() || places.size() != hierarchies.size() ||
        !is_held(places.front().mountPoint, places.front().limitGroup, places.front().owner))
        return false;
    for (size_t i = 0; i < places.size(); ++i) {
        CgroupPlace& place = places[i];
        const UniqueFd group = open_group(place.mountPoint, place.limitGroup);
        // Of a group that the container could write nothing is to be kept.
        if (!group || place.mountPoint != hierarchies[i].mountPoint || place.innerGroup == place.limitGroup ||
            !child_groups(group.get()).empty() || populated(group.get(), place.version))
            return false;
        place.plan = &hierarchies[i];
    }
    return true;
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

// The plan's names, or where they are taken those with the first suffix that is free. On failure none is
// left.
Status claim_any(const StartPlan& plan, std::vector<CgroupPlace>& places, Reserve& reserve) {
    Failure failure;
    for (int number = 0; number < kSuffixes; ++number) {
        const std::string suffix = number == 0 ? "" : "-" + std::to_string(number);
        const Claim result = claim_all(plan, suffix, places, failure);
        if (result == Claim::Ours)
            return {};
        reserve.release();
        remove(plan, places, 0);
        places.clear();
        if (result == Claim::Failed)
            return failure;
        const bool exists = result == Claim::Exists;
        if (exists || !plan.cgroups.allowSuffix)
            return Failure{.step = "cgroup",
                           .syscall = "mkdir",
                           .err = exists ? EEXIST : EBUSY,
                           .path = failure.path,
                           .detail = exists ? "exists" : "in-use"};
    }
    return Failure{
        .step = "cgroup", .syscall = "mkdir", .err = EBUSY, .path = failure.path, .detail = "in-use"};
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

Result<Groups> create(const StartPlan& plan, Kept kept) {
    TRY(check(plan));
    Groups groups;
    Reserve reserve;
    const bool again = are_ready(plan, kept.places);
    if (again) {
        groups.places = std::move(kept.places);
    } else {
        remove(plan, kept.places, 0);
        kept.places.clear(); // with the lock on them
        TRY(claim_any(plan, groups.places, reserve));
    }
    Status filled = again ? fill_again(plan, groups, kept.devices) : fill_all(plan, groups);
    if (!filled.ok()) {
        reserve.release();
        remove(plan, groups.places, 0);
        return std::move(filled.failure());
    }
    // The lock in the first hierarchy stands for all of them: nobody comes past it.
    for (size_t i = 1; i < groups.places.size(); ++i)
        groups.places[i].owner.reset();
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
