#include "executor/cgroup/device_access.h"

#include <algorithm>
#include <sstream>

#include "executor/cgroup/cgroup_dir.h"
#include "executor/cgroup/device_program.h"

namespace tlxc::cgroup {
namespace {

// Of version 1 below the container's own, at most so many; what is deeper keeps its own list.
constexpr int kDeepest = 16;
constexpr int kMostGroups = 4096;

using Devices = std::vector<GivenDevice>;

bool same_device(const GivenDevice& one, const GivenDevice& other) {
    return one.type == other.type && one.major == other.major && one.minor == other.minor;
}

Failure failed(const char* syscall, const CgroupPlace& place, const char* file) {
    return syscall_failure("cgroup", syscall, place.mountPoint + "/" + place.limitGroup + "/" + file);
}

CgroupPlace* find_place(std::vector<CgroupPlace>& places, int version) {
    const auto found = std::ranges::find_if(places, [&](const CgroupPlace& place) {
        return place.version == version &&
               (version == 2 || std::ranges::find(place.controllers, "devices") != place.controllers.end());
    });
    return found == places.end() ? nullptr : &*found;
}

// ---- version 1: files

std::string rule_text(const GivenDevice& device, const std::string& access) {
    return device.type + " " + std::to_string(device.major) + ":" + std::to_string(device.minor) + " " +
           access;
}

bool matches(const std::string& word, long number) {
    return word == "*" || word == std::to_string(number);
}

// What devices.list allows of a device. It has a line an exception: "c 1:3 rwm", "b *:* m", or "a *:* rwm"
// alone; the kernel looks for one that allows all that is asked for at once.
struct Allowed {
    bool readWrite = false;
    bool make = false;
    std::string own; // by the line of this very device
};

Allowed allowed(const std::string& list, const GivenDevice& device) {
    Allowed found;
    std::istringstream lines{list};
    std::string type, numbers, access;
    while (lines >> type >> numbers >> access) {
        const size_t colon = numbers.find(':');
        if (colon == numbers.npos || (type != "a" && type != device.type) ||
            !matches(numbers.substr(0, colon), device.major) ||
            !matches(numbers.substr(colon + 1), device.minor))
            continue;
        found.readWrite = found.readWrite || access.find("rw") != access.npos;
        found.make = found.make || access.find('m') != access.npos;
        if (numbers.find('*') == numbers.npos)
            found.own = access;
    }
    return found;
}

// From above downwards: a group has what the one above it has, at most. Groups inside with a list of their
// own (systemd's, for a service) keep it.
bool allow_below(int group, const std::string& before, const std::string& rule, int depth, int& left) {
    if (left <= 0 || read_file(group, "devices.list") != before)
        return true;
    --left;
    if (!write_file(group, "devices.allow", rule))
        return false;
    if (depth < kDeepest)
        for (const auto& name : child_groups(group)) {
            const UniqueFd child = open_child(group, name);
            if (child)
                (void)allow_below(child.get(), before, rule, depth + 1, left); // may be gone
        }
    return true;
}

// forbidden: it was, in a list that does not show what it forbids ("a *:* rwm").
Status allow_v1(const CgroupPlace& place, GivenDevice& device, bool forbidden) {
    const UniqueFd group = open_group(place.mountPoint, place.limitGroup);
    if (!group)
        return failed("open", place, "");
    const std::string before = read_file(group.get(), "devices.list");
    Allowed now = allowed(before, device);
    if (!forbidden && now.readWrite && now.make)
        return {};
    int left = kMostGroups;
    if (!allow_below(group.get(), before, rule_text(device, "rwm"), 0, left))
        return failed("write", place, "devices.allow");
    device.opened = true;
    device.before = std::move(now.own);
    return {};
}

Status forbid_v1(const CgroupPlace& place, const GivenDevice& device) {
    const UniqueFd group = open_group(place.mountPoint, place.limitGroup);
    if (!group || !write_file(group.get(), "devices.deny", rule_text(device, "rwm")))
        return failed("write", place, "devices.deny");
    if (device.before.empty())
        return {};
    int left = kMostGroups;
    const std::string denied = read_file(group.get(), "devices.list");
    if (!allow_below(group.get(), denied, rule_text(device, device.before), 0, left))
        return failed("write", place, "devices.allow");
    return {};
}

// ---- version 2: the program

plan::DeviceRule rule_of(const GivenDevice& device) {
    return {.allow = !device.forbidden,
            .type = device.type,
            .major = device.major,
            .minor = device.minor,
            .access = "rwm"};
}

// The plan's rules and then those made since.
Status renew_program(const DeviceList& list, const Devices& devices) {
    CgroupPlace* const place = find_place(list.places, 2);
    const bool forbids = std::ranges::any_of(devices, &GivenDevice::forbidden);
    if (place == nullptr || (list.plan.cgroups.deviceRules.empty() && !forbids && !place->deviceProgram))
        return {};
    const UniqueFd group = open_group(place->mountPoint, place->limitGroup);
    if (!group)
        return failed("open", *place, "");
    std::vector<plan::DeviceRule> rules = list.plan.cgroups.deviceRules;
    for (const auto& device : devices)
        rules.push_back(rule_of(device));
    return attach_device_program(group.get(), rules, place->deviceProgram);
}

// Its last path closes it.
void hand_on(const GivenDevice& from, GivenDevice& to) {
    if (!from.opened)
        return;
    to.opened = true;
    to.before = from.before;
}

auto by_path(const std::string& inside) {
    return [&inside](const GivenDevice& each) { return !each.forbidden && each.inside == inside; };
}

} // namespace

Status allow_device(const DeviceList& list, GivenDevice device) {
    const auto known = std::ranges::find_if(list.devices, by_path(device.inside));
    if (known != list.devices.end())
        return same_device(*known, device) ? Status{} : refusal("device", "other-device", device.inside);
    Devices devices = list.devices;
    const bool forbidden = std::erase_if(devices, [&](const auto& each) {
                               return each.forbidden && same_device(each, device);
                           }) > 0;
    if (CgroupPlace* const place = find_place(list.places, 1))
        TRY(allow_v1(*place, device, forbidden));
    devices.push_back(std::move(device));
    if (find_place(list.places, 1) == nullptr)
        TRY(renew_program(list, devices));
    list.devices = std::move(devices);
    return {};
}

Status take_back(std::vector<CgroupPlace>& places, const Devices& devices) {
    const CgroupPlace* const place = find_place(places, 1);
    if (place == nullptr)
        return {};
    const UniqueFd group = open_group(place->mountPoint, place->limitGroup);
    const bool listsWhatIsDenied = group && read_file(group.get(), "devices.list").starts_with("a ");
    for (const GivenDevice& device : devices) {
        if (device.opened)
            TRY(forbid_v1(*place, device));
        if (device.forbidden && listsWhatIsDenied &&
            !write_file(group.get(), "devices.allow", rule_text(device, "rwm")))
            return failed("write", *place, "devices.allow");
    }
    return {};
}

Status forbid_device(const DeviceList& list, const GivenDevice& device) {
    Devices devices = list.devices;
    const auto known = std::ranges::find_if(devices, by_path(device.inside));
    const bool given = known != devices.end();
    GivenDevice gone = given ? *known : device;
    if (given)
        devices.erase(known);
    const auto other = std::ranges::find_if(
        devices, [&](const auto& each) { return !each.forbidden && same_device(each, gone); });
    if (!given && other == devices.end()) {
        gone.forbidden = true;
        devices.push_back(gone);
    }
    if (CgroupPlace* const place = find_place(list.places, 1)) {
        if (other != devices.end() && given)
            hand_on(gone, *other);
        else if (!given || gone.opened)
            TRY(forbid_v1(*place, gone));
    } else {
        TRY(renew_program(list, devices));
    }
    list.devices = std::move(devices);
    return {};
}

} // namespace tlxc::cgroup
