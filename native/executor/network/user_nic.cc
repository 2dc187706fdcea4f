#include "executor/network/user_nic.h"

#include "common/program.h"
#include "executor/network/interface.h"

namespace tlxc::network {
namespace {

using plan::Interface;
using Fields = std::vector<std::string>;

Fields split(const std::string& line) {
    Fields fields{""};
    for (const char c : line) {
        if (c == '\n')
            break;
        if (c == ':')
            fields.emplace_back();
        else
            fields.back() += c;
    }
    return fields;
}

} // namespace

Status have_veth_made(Making& making, const Interface& interface, InterfaceInfo& info) {
    const std::string& bridge = interface.link.value;
    auto printed =
        run_program("network", {making.plan.user->nic, "create", making.plan.lxcpath, making.plan.name,
                                std::to_string(making.child), "veth", bridge, temporary_name(interface)});
    if (!printed.ok()) {
        printed.failure().syscall = "tlxc-user-nic"; // which its words begin with
        if (printed.failure().detail.starts_with("tlxc-user-nic: "))
            printed.failure().detail.erase(0, sizeof "tlxc-user-nic: " - 1);
        printed.failure().path = bridge;
        return at(std::move(printed.failure()), interface.link.origin);
    }
    const Fields fields = split(printed.value());
    if (fields.size() != 4)
        return refused("tlxc-user-nic gave no answer", bridge, interface.origin);
    info.hostName = fields[2];
    Link hostEnd;
    if (find_link(making.host, info.hostName, hostEnd).err == 0)
        info.hostIndex = hostEnd.index;
    return set_hardware_address(making.inside, interface); // which the program cannot be asked for
}

} // namespace tlxc::network
