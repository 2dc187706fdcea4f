// The interface whose traffic passt carries.
#pragma once
#include "executor/network/network_parts.h"

namespace tlxc::network {

// Under its temporary name; its addresses are given to it as to any other.
[[nodiscard]] Status make_passt(Making& making, const plan::Interface& interface);

} // namespace tlxc::network
