#include "monitor/info.h"

#include <unistd.h>

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
    json.Key("cgroups");
    json.StartArray();
    for (const auto& place : places) {
        json.StartObject();
        json.member("version", place.version);
        json.member("mountPoint", place.mountPoint);
        json.member("controllers", place.controllers);
        json.member("limitGroup", place.limitGroup);
        json.member("innerGroup", place.innerGroup);
        json.member("monitorGroup", place.monitorGroup);
        json.EndObject();
    }
    json.EndArray();
}

void write(Json& json, const std::vector<InterfaceInfo>& all) {
    json.Key("interfaces");
    json.StartArray();
    for (const auto& each : all) {
        json.StartObject();
        json.member("index", each.index);
        json.member("type", each.type);
        json.member("link", each.link);
        json.member("hostName", each.hostName);
        json.member("name", each.name);
        json.member("insideIndex", each.insideIndex);
        json.EndObject();
    }
    json.EndArray();
}

void write(Json& json, const std::vector<GivenDevice>& all) {
    json.Key("devices");
    json.StartArray();
    for (const auto& each : all) {
        if (each.forbidden)
            continue;
        json.StartObject();
        json.member("host", each.host);
        json.member("inside", each.inside);
        json.member("type", each.type);
        json.member("major", each.major);
        json.member("minor", each.minor);
        json.EndObject();
    }
    json.EndArray();
}

void idmap(Json& json, const plan::StartPlan& plan) {
    json.Key("idmap");
    json.StartArray();
    for (const auto& each : plan.idmap) {
        json.StartObject();
        json.member("kind", std::string(each.kind == plan::IdKind::Uid ? "uid" : "gid"));
        json.member("inside", each.inside);
        json.member("outside", each.outside);
        json.member("count", each.count);
        json.EndObject();
    }
    json.EndArray();
}

void limits(Json& json, const plan::StartPlan& plan) {
    json.Key("limits");
    json.StartArray();
    for (const auto& each : plan.limits) {
        json.StartObject();
        json.member("resource", each.resource);
        json.member("soft", each.soft);
        json.member("hard", each.hard);
        json.EndObject();
    }
    json.EndArray();
}

std::string without_braces(const JsonBuffer& buffer) {
    return {buffer.GetString() + 1, buffer.GetSize() - 2};
}

} // namespace

std::string members(const plan::StartPlan& plan, const Running& running, int reboots) {
    JsonBuffer buffer;
    Json json{buffer};
    json.StartObject();
    json.member("name", plan.name);
    json.member("lxcpath", plan.lxcpath);
    json.member("initPid", running.initPid);
    json.member("monitorPid", getpid());
    json.member("startedAtMs", process::since_boot_ms());
    json.member("reboots", reboots);
    namespaces(json, plan);
    cgroups(json, running.cgroups);
    json.member("capabilities", plan.security.capabilities);
    json.Key("noNewPrivileges");
    json.Bool(plan.security.noNewPrivileges);
    json.member("apparmorProfile", plan.security.apparmorProfile);
    json.member("selinuxContext", plan.security.selinuxContext);
    json.Key("coreScheduling");
    json.Bool(plan.init.coreScheduling);
    limits(json, plan);
    json.member("personality", plan.init.personality);
    json.member("environment", plan.init.environment);
    idmap(json, plan);
    json.member("ttys", static_cast<int64_t>(running.ttys.size()));
    json.member("configFile", plan.configFile);
    json.EndObject();
    return without_braces(buffer);
}

std::string changing(const Running& running) {
    JsonBuffer buffer;
    Json json{buffer};
    json.StartObject();
    write(json, running.network.interfaces);
    write(json, running.devices);
    json.EndObject();
    return without_braces(buffer);
}

std::string instance(const Running& running) {
    JsonBuffer buffer;
    Json json{buffer};
    json.StartObject();
    json.member("bootId", process::boot_id());
    json.member("initPid", running.initPid);
    json.member("initStartTime", process::start_time(running.initPid));
    json.member("monitorPid", getpid());
    json.member("monitorStartTime", process::start_time(getpid()));
    cgroups(json, running.cgroups);
    json.EndObject();
    return std::string{buffer.GetString(), buffer.GetSize()} + "\n";
}

} // namespace tlxc::info
