// The end of a container's groups: of all of them, or at a reboot of what is in the limit groups.
#include <time.h>

#include <algorithm>

#include "common/deadline.h"
#include "executor/cgroup/cgroup.h"
#include "executor/cgroup/cgroup_claim.h"
#include "executor/cgroup/cgroup_dir.h"
#include "executor/cgroup/freezer.h"
#include "executor/mapped_process.h"

namespace tlxc::cgroup {
namespace {

using Places = std::vector<CgroupPlace>;

// Takes the groups of a place away; false with errno set.
using Take = bool (*)(const CgroupPlace& place);
// Whether there is still something to be taken.
using Remains = bool (*)(const CgroupPlace& place);

bool take_all(const CgroupPlace& place) {
    const auto [parent, name] = split_last(place.limitGroup);
    const UniqueFd above = open_group(place.mountPoint, parent);
    return !above || remove_tree(above.get(), name);
}

bool all_remains(const CgroupPlace& place) {
    return static_cast<bool>(open_group(place.mountPoint, place.limitGroup));
}

bool take_inside(const CgroupPlace& place) {
    const UniqueFd group = open_group(place.mountPoint, place.limitGroup);
    if (!group)
        return true;
    for (const std::string& name : child_groups(group.get()))
        if (!remove_tree(group.get(), name))
            return false;
    errno = EBUSY;
    return !populated(group.get(), place.version);
}

bool inside_remains(const CgroupPlace& place) {
    const UniqueFd group = open_group(place.mountPoint, place.limitGroup);
    return group && (!child_groups(group.get()).empty() || populated(group.get(), place.version));
}

// Kills what lives in the place and takes its groups; false while something is still left.
bool taken(const CgroupPlace& place, Take take) {
    if (take(place))
        return true;
    if (errno != EBUSY)
        return true; // no right to: nothing that waiting would change
    const UniqueFd group = open_group(place.mountPoint, place.limitGroup);
    if (group)
        kill_all(group.get(), place.version);
    return false;
}

void take_each(const Places& places, Take take, int deadlineMs) {
    std::vector<const CgroupPlace*> left;
    for (const auto& place : places)
        left.push_back(&place);
    const Deadline deadline{deadlineMs};
    for (long pauseMs = 1;; pauseMs = std::min(pauseMs * 2, 20L)) {
        std::erase_if(left, [take](const CgroupPlace* place) { return taken(*place, take); });
        if (left.empty() || deadline.left() == 0)
            return;
        release(places); // a frozen process does not die of its SIGKILL
        const timespec pause{.tv_sec = 0, .tv_nsec = pauseMs * 1'000'000};
        nanosleep(&pause, nullptr);
    }
}

void take_each(const plan::StartPlan& plan, const Places& places, Take take, Remains remains,
               int deadlineMs) {
    take_each(places, take, deadlineMs);
    // Groups that the container's root has made are not the user's to remove.
    if (plan.user && std::ranges::any_of(places, remains))
        (void)idmap::run_mapped(plan, [&]() -> Status {
            take_each(places, take, deadlineMs);
            return {};
        }).ok();
}

} // namespace

void remove(const plan::StartPlan& plan, const Places& places, int deadlineMs) {
    take_each(plan, places, take_all, all_remains, deadlineMs);
}

void kill_members(const Places& places) {
    if (places.empty())
        return;
    // The same processes are in all of them; version 2 kills with one write.
    const auto unified = std::ranges::find(places, 2, &CgroupPlace::version);
    const CgroupPlace& place = unified != places.end() ? *unified : places.front();
    const UniqueFd group =
        place.limitGroup.empty() ? UniqueFd{} : open_group(place.mountPoint, place.limitGroup);
    if (group)
        kill_all(group.get(), place.version);
}

void clear(const plan::StartPlan& plan, const Places& places, int deadlineMs) {
    take_each(plan, places, take_inside, inside_remains, deadlineMs);
}

} // namespace tlxc::cgroup
