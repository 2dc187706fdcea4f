// What all types of interfaces have in common, inside: name, hardware address, addresses, gateways, flags.
#pragma once
#include "executor/network/network_parts.h"

namespace tlxc::network {

// "auto" becomes the address that the interface's link has on the host.
[[nodiscard]] Status settle_gateways(Netlink& host, plan::Interface& interface);
// Of the interface under its temporary name, where the plan has one.
[[nodiscard]] Status set_hardware_address(Netlink& inside, const plan::Interface& interface);
// From the temporary name to the routes; fills InterfaceInfo::name with the name really given.
[[nodiscard]] Status configure_inside(Netlink& inside, const plan::Interface& interface, InterfaceInfo& info);

} // namespace tlxc::network
