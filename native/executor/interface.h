// The container's half of a veth pair: its name, addresses and routes, set through a socket in its namespace.
#pragma once
#include "executor/netlink.h"
#include "executor/running.h"

namespace tlxc::network {

// From the temporary name to the routes; fills InterfaceInfo::name with the name really given.
[[nodiscard]] Status configure_inside(Netlink& host, Netlink& inside, const plan::Interface& interface,
                                      InterfaceInfo& info);

} // namespace tlxc::network
