#include "executor/security/apparmor.h"

#include <fcntl.h>

#include "common/unique_fd.h"

namespace tlxc::apparmor {
namespace {

constexpr const char* kNamespaces = "/sys/kernel/security/apparmor/policy/namespaces/";
constexpr const char* kRemove = "/sys/kernel/security/apparmor/.remove";

} // namespace

void unload(const plan::StartPlan& plan) {
    const auto& generated = plan.security.apparmorGenerated;
    if (!generated)
        return;
    // First what the container may have loaded in its own namespace.
    if (!generated->namespace_.empty())
        rmdir((kNamespaces + generated->namespace_).c_str());
    const UniqueFd remove{open(kRemove, O_WRONLY | O_CLOEXEC)};
    if (remove)
        (void)!write(remove.get(), generated->name.data(), generated->name.size());
}

} // namespace tlxc::apparmor
