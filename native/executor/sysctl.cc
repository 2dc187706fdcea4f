#include "executor/sysctl.h"

#include <sys/stat.h>

#include "executor/mount/mount_api.h"
#include "executor/mount/procfs.h"

namespace tlxc::sysctl {
namespace {

// Which root it waits for, the kernel says by its owner: the container's (the network's, and since Linux 6.9
// or an older one with that change those of System V IPC), or the host's. An interface's may not be there
// yet.
When due(const UniqueFd& proc, const char* path) {
    const UniqueFd file = procfs::open_file(proc, path, O_PATH);
    struct stat found {};
    const bool known = file && fstat(file.get(), &found) == 0;
    return !known || found.st_uid == 0 ? When::Late : When::Early;
}

} // namespace

Result<Procs> take(const plan::StartPlan& plan) {
    Procs procs;
    for (const auto& each : plan.sysctls) {
        if (each.ownProc && !procs.own) {
            auto made = mount_api::make({"proc", "proc", {}, {"nosuid", "nodev", "noexec"}});
            if (!made.ok())
                return at(std::move(made.failure()), each.origin);
            procs.own = std::move(made).value();
        }
        if (!each.ownProc && !procs.hosts) {
            procs.hosts = procfs::open_root();
            if (!procs.hosts)
                return at(syscall_failure("sysctl", "open", "/proc"), each.origin);
        }
    }
    return procs;
}

Status write(const plan::StartPlan& plan, const Procs& procs, When when) {
    for (const auto& each : plan.sysctls) {
        const UniqueFd& proc = each.ownProc ? procs.own : procs.hosts;
        const std::string path = "sys/" + each.path;
        if (due(proc, path.c_str()) != when)
            continue;
        const UniqueFd file = procfs::open_file(proc, path.c_str());
        if (!file)
            return at(syscall_failure("sysctl", "openat2", "/proc/" + path), each.origin);
        if (!procfs::write_all(file, each.value.c_str(), each.value.size()))
            return at(syscall_failure("sysctl", "write", "/proc/" + path), each.origin);
    }
    return {};
}

} // namespace tlxc::sysctl
