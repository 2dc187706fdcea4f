#include "monitor/info.h"

#include <unistd.h>

#include <ranges>

#include "common/json_writer.h"
#include "monitor/process.h"

namespace tlxc::info {
namespace {

const char* name_of(plan::Namespace which) {
    switch (which) {
    case plan::Namespace::User:
        return "user";
    case plan::Namespace::Mount:
        return "mount";
    case plan::Namespace::Pid:
        return "pid";
    case plan::Namespace::Uts:
        return "uts";
    case plan::Namespace::Ipc:
        return "ipc";
    case plan::Namespace::Net:
        return "net";
    case plan::Namespace::Cgroup:
        return "cgroup";
    case plan::Namespace::Time:
        break;
    }
    return "time";
}

void namespaces(Json& json, const plan::StartPlan& plan) {
    json.Key("namespaces");
    json.StartArray();
    for (const auto each : plan.namespaces)
        json.String(name_of(each));
    for (const auto& each : plan.shared)
        json.String(name_of(each.namespace_));
    json.EndArray();
}

void cgroups(Json& json, const std::vector<CgroupPlace>& places) {
    json.objects("cgroups", places, [&](const auto& place) {
        json.member("version", place.version);
        json.member("mountPoint", place.mountPoint);
        json.member("controllers", place.controllers);
        json.member("limitGroup", place.limitGroup);
        json.member("innerGroup", place.innerGroup);
        json.member("monitorGroup", place.monitorGroup);
    });
}

void interfaces(Json& json, const std::vector<InterfaceInfo>& all) {
    json.objects("interfaces", all, [&](const auto& each) {
        json.member("index", each.index);
        json.member("type", each.type);
        json.member("link", each.link);
        json.member("hostName", each.hostName);
        json.member("name", each.name);
        json.member("insideIndex", each.insideIndex);
    });
}

void devices(Json& json, const std::vector<GivenDevice>& all) {
    const auto allowed = [](const GivenDevice& each) { return !each.forbidden; };
    json.objects("devices", all | std::views::filter(allowed), [&](const auto& each) {
        json.member("host", each.host);
        json.member("inside", each.inside);
        json.member("type", each.type);
        json.member("major", each.major);
        json.member("minor", each.minor);
    });
}

void idmap(Json& json, const plan::StartPlan& plan) {
    json.objects("idmap", plan.idmap, [&](const auto& each) {
        json.member("kind", std::string(each.kind == plan::IdKind::Uid ? "uid" : "gid"));
        json.member("inside", each.inside);
        json.member("outside", each.outside);
        json.member("count", each.count);
    });
}

void limits(Json& json, const plan::StartPlan& plan) {
    json.objects("limits", plan.limits, [&](const auto& each) {
        json.member("resource", each.resource);
        json.member("soft", each.soft);
        json.member("hard", each.hard);
    });
}

} // namespace

std::string members(const plan::StartPlan& plan, const Running& running, int reboots) {
    return json_members([&](Json& json) {
        json.member("name", plan.name);
        json.member("lxcpath", plan.lxcpath);
        json.member("initPid", running.initPid);
        json.member("monitorPid", getpid());
        json.member("startedAtMs", process::since_boot_ms());
        json.member("reboots", reboots);
        namespaces(json, plan);
        cgroups(json, running.cgroups);
        json.member("capabilities", plan.security.capabilities);
        json.member("noNewPrivileges", plan.security.noNewPrivileges);
        json.member("apparmorProfile", plan.security.apparmorProfile);
        json.member("selinuxContext", plan.security.selinuxContext);
        json.member("coreScheduling", plan.init.coreScheduling);
        limits(json, plan);
        json.member("personality", plan.init.personality);
        json.member("environment", plan.init.environment);
        idmap(json, plan);
        json.member("ttys", static_cast<int64_t>(running.ttys.size()));
        json.member("configFile", plan.configFile);
    });
}

std::string changing(const Running& running) {
    return json_members([&](Json& json) {
        interfaces(json, running.network.interfaces);
        devices(json, running.devices);
    });
}

std::string instance(const Running& running) {
    return json_object([&](Json& json) {
               json.member("bootId", process::boot_id());
               json.member("initPid", running.initPid);
               json.member("initStartTime", process::start_time(running.initPid));
               json.member("monitorPid", getpid());
               json.member("monitorStartTime", process::start_time(getpid()));
               cgroups(json, running.cgroups);
           }) +
           "\n";
}

} // namespace tlxc::info
