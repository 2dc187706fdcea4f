#include "executor/mount/attributes.h"

#include <sys/resource.h>

#include <cstdlib>

#include "common/resources.h"
#include "executor/mount/procfs.h"

namespace tlxc::attributes {
namespace {

Status set_limit(const plan::ResourceLimit& limit, pid_t child) {
    const int resource = resources::number_of(limit.resource);
    if (resource < 0)
        return at(refusal("limit", "unknown-resource", limit.resource), limit.origin);
    const rlimit64 value{.rlim_cur = resources::amount_of(limit.soft),
                         .rlim_max = resources::amount_of(limit.hard)};
    // The C library's header declares the resource as an enumeration.
    if (prlimit64(child, static_cast<__rlimit_resource>(resource), &value, nullptr) != 0)
        return at(syscall_failure("limit", "prlimit", limit.resource), limit.origin);
    return {};
}

Status write_file(const plan::ProcFile& each, const UniqueFd& proc, pid_t child) {
    const std::string path = std::to_string(child) + "/" + each.file;
    if (each.file.find('/') != std::string::npos)
        return at(refusal("proc", "not-a-file-name", each.file), each.origin);
    const UniqueFd file = procfs::open_file(proc, path.c_str());
    if (!file)
        return at(syscall_failure("proc", "openat2", "/proc/" + path), each.origin);
    if (!procfs::write_all(file, each.value.c_str(), each.value.size()))
        return at(syscall_failure("proc", "write", "/proc/" + path), each.origin);
    return {};
}

} // namespace

Status apply(const plan::StartPlan& plan, pid_t child) {
    if (!plan.procFiles.empty()) {
        const UniqueFd proc = procfs::open_root();
        if (!proc)
            return syscall_failure("proc", "open", "/proc");
        for (const auto& each : plan.procFiles)
            TRY(write_file(each, proc, child));
    }
    for (const auto& limit : plan.limits)
        TRY(set_limit(limit, child));
    return {};
}

} // namespace tlxc::attributes
