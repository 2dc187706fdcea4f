#include "executor/clocks.h"

#include <fcntl.h>
#include <sched.h>

#include "executor/mount/procfs.h"
#include "executor/namespaces.h"

namespace tlxc::clocks {
namespace {

constexpr const char* kStep = "clocks";
constexpr const char* kOffsets = "/proc/self/timens_offsets";
constexpr const char* kOurs = "/proc/self/ns/time_for_children";

const char* name_of(plan::Clock clock) {
    return clock == plan::Clock::Boottime ? "boottime" : "monotonic";
}

Status set_offset(const plan::ClockOffset& offset) {
    const UniqueFd file{::open(kOffsets, O_WRONLY | O_CLOEXEC)};
    if (!file)
        return at(syscall_failure(kStep, "open", kOffsets), offset.origin);
    const std::string line = std::string(name_of(offset.clock)) + " " + std::to_string(offset.seconds) + " " +
                             std::to_string(offset.nanoseconds) + "\n";
    if (!procfs::write_all(file, line.c_str(), line.size()))
        return at(syscall_failure(kStep, "write", kOffsets), offset.origin);
    return {};
}

} // namespace

Status enter(const plan::StartPlan& plan) {
    if (!namespaces::is_new(plan, plan::Namespace::Time))
        return {};
    if (unshare(CLONE_NEWTIME) != 0)
        return syscall_failure("namespaces", "unshare", "time");
    for (const auto& offset : plan.clockOffsets)
        TRY(set_offset(offset));
    const UniqueFd ours{::open(kOurs, O_RDONLY | O_CLOEXEC)};
    if (!ours)
        return syscall_failure(kStep, "open", kOurs);
    if (setns(ours.get(), CLONE_NEWTIME) != 0)
        return syscall_failure(kStep, "setns", kOurs);
    return {};
}

} // namespace tlxc::clocks
