#include "executor/cgroup/freezer.h"

#include <algorithm>

#include "executor/cgroup/cgroup_dir.h"

namespace tlxc::cgroup {
namespace {

bool is_freezer(const CgroupPlace& place) {
    return place.version == 1 && std::ranges::find(place.controllers, "freezer") != place.controllers.end();
}

} // namespace

bool frozen(const std::vector<CgroupPlace>& places) {
    for (const auto& place : places) {
        if (place.version != 2 && !is_freezer(place))
            continue;
        const UniqueFd group = open_group(place.mountPoint, place.limitGroup);
        if (!group)
            continue;
        if (is_freezer(place) && read_file(group.get(), "freezer.state") == "FROZEN")
            return true;
        if (place.version == 2 &&
            read_file(group.get(), "cgroup.events").find("frozen 1") != std::string::npos)
            return true;
    }
    return false;
}

Status freeze(const std::vector<CgroupPlace>& places) {
    auto place = std::ranges::find_if(places, is_freezer);
    if (place == places.end())
        place = std::ranges::find(places, 2, &CgroupPlace::version);
    if (place == places.end())
        return refusal("no-freezer", "");
    const UniqueFd group = open_group(place->mountPoint, place->limitGroup);
    const char* const file = place->version == 2 ? "cgroup.freeze" : "freezer.state";
    if (!group || !write_file(group.get(), file, place->version == 2 ? "1" : "FROZEN"))
        return syscall_failure("freeze", "write", place->mountPoint + "/" + place->limitGroup + "/" + file);
    return {};
}

void thaw(const std::vector<CgroupPlace>& places) {
    for (const auto& place : places) {
        const UniqueFd group = open_group(place.mountPoint, place.limitGroup);
        if (group && is_freezer(place))
            (void)write_file(group.get(), "freezer.state", "THAWED");
        if (group && place.version == 2)
            (void)write_file(group.get(), "cgroup.freeze", "0");
    }
}

void release(const std::vector<CgroupPlace>& places) {
    thaw(places);
    for (const auto& place : places)
        if (is_freezer(place))
            if (const UniqueFd group = open_group(place.mountPoint, place.limitGroup); group)
                thaw_all(group.get());
}

} // namespace tlxc::cgroup
