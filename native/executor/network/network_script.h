// lxc.net.[i].script.up and .down: programs of the administrator's, on the host.
#pragma once
#include "executor/network/network_parts.h"

namespace tlxc::network {

// extra: what only the caller knows, as KEY=VALUE.
[[nodiscard]] Status run_up_script(const plan::StartPlan& plan, const plan::Interface& interface,
                                   InterfaceInfo& info, const std::vector<std::string>& extra);
// Of every interface whose other script has had its time, however the container ended. The first failure is
// told, and the others run all the same.
[[nodiscard]] Status run_down_scripts(const plan::StartPlan& plan, const Network& network,
                                      const std::vector<std::string>& extra);

} // namespace tlxc::network
