// The AppArmor profile that was generated for the container and loaded before its start.
#pragma once
#include "plan/plan.gen.h"

namespace tlxc::apparmor {

// Removes it from the kernel, when no process of the container is left. What is gone already is no failure.
void unload(const plan::StartPlan& plan);

} // namespace tlxc::apparmor
