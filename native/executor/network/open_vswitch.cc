#include "executor/network/open_vswitch.h"

#include "common/program.h"

namespace tlxc::network::open_vswitch {
namespace {

// arguments: the tool's option, its command, the bridge, the port, and what is set. It gives up on its daemon
// before its caller gives up on it.
Status vsctl(const std::vector<std::string>& arguments, const plan::Origin& origin) {
    constexpr const char* search =
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin exec ovs-vsctl \"$@\"";
    std::vector<std::string> argv{"/bin/sh", "-c", search, "sh", "--timeout=5"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    auto ran = run_program("network", std::move(argv));
    if (ran.ok())
        return {};
    ran.failure().syscall = "ovs-vsctl";
    ran.failure().path = arguments.at(2);
    return at(std::move(ran.failure()), origin);
}

// The columns of the port: its VLAN of untagged frames (tag), of tagged ones (trunks), and how they go
// together.
std::vector<std::string> columns(const plan::VethDevice& veth) {
    const bool untagged = veth.vlan.value >= 0;
    std::vector<std::string> out;
    if (untagged)
        out.push_back("tag=" + std::to_string(veth.vlan.value));
    if (!veth.taggedVlans.empty()) {
        std::string trunks = "trunks=";
        for (const auto& id : veth.taggedVlans)
            trunks += (trunks.back() == '=' ? "" : ",") + std::to_string(id.value);
        out.push_back(trunks);
        out.emplace_back(untagged ? "vlan_mode=native-untagged" : "vlan_mode=trunk");
    } else if (untagged) {
        out.emplace_back("vlan_mode=access");
    }
    return out;
}

} // namespace

bool is_bridge(const Link& link) {
    return link.kind == "openvswitch" || link.kind == "tun";
}

Status join(Making& making, const plan::Interface& interface, const InterfaceInfo& info) {
    const auto& veth = std::get<plan::VethDevice>(interface.device);
    const std::string& bridge = interface.link.value;
    if (veth.vlan.value == -1 && veth.taggedVlans.empty())
        return refused("port-without-vlan", bridge, veth.vlan.origin);
    TRY(making.will_leave({plan::LeftPort{bridge, info.hostName}}));
    std::vector<std::string> arguments{"--may-exist", "add-port", bridge, info.hostName};
    for (auto& column : columns(veth))
        arguments.push_back(std::move(column));
    return vsctl(arguments, interface.link.origin);
}

Status leave(const plan::LeftPort& port) {
    return vsctl({"--if-exists", "del-port", port.bridge, port.port}, {});
}

} // namespace tlxc::network::open_vswitch
