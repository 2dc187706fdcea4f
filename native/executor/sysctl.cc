#include "executor/sysctl.h"

#include "executor/procfs.h"

namespace tlxc::sysctl {

Status write(const plan::StartPlan& plan, const UniqueFd& proc, When when) {
    for (const auto& each : plan.sysctls) {
        if (each.early != (when == When::Early))
            continue;
        const std::string path = "sys/" + each.path;
        const UniqueFd file = procfs::open_file(proc, path.c_str());
        if (!file)
            return at(syscall_failure("sysctl", "openat2", "/proc/" + path), each.origin);
        if (!procfs::write_all(file, each.value.c_str(), each.value.size()))
            return at(syscall_failure("sysctl", "write", "/proc/" + path), each.origin);
    }
    return {};
}

} // namespace tlxc::sysctl
