#include "executor/namespaces.h"

#include <sched.h>
#include <signal.h>

#include <algorithm>

#include "common/syscalls.h"

namespace tlxc::namespaces {
namespace {

struct Kind {
    plan::Namespace name;
    const char* file; // below /proc/PID/ns
    uint64_t flag;
    bool shareable; // joining the others cannot be taken back by the monitor
};
constexpr Kind kKinds[] = {
    {plan::Namespace::User, "user", CLONE_NEWUSER, false},
    {plan::Namespace::Mount, "mnt", CLONE_NEWNS, false},
    {plan::Namespace::Pid, "pid", CLONE_NEWPID, true},
    {plan::Namespace::Uts, "uts", CLONE_NEWUTS, true},
    {plan::Namespace::Ipc, "ipc", CLONE_NEWIPC, true},
    {plan::Namespace::Net, "net", CLONE_NEWNET, true},
    {plan::Namespace::Cgroup, "cgroup", CLONE_NEWCGROUP, true},
};

const Kind& kind_of(plan::Namespace name) {
    return *std::ranges::find(kKinds, name, &Kind::name);
}

// The way back into one of the monitor's own namespaces.
struct Return {
    UniqueFd own;
    int flag;
};

Status join(const plan::SharedNamespace& shared, std::vector<Return>& back) {
    const Kind& kind = kind_of(shared.namespace_);
    if (!kind.shareable)
        return at(refusal("share namespace", "cannot be shared", kind.file), shared.origin);
    const UniqueFd theirs{::open(shared.path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!theirs)
        return at(syscall_failure("share namespace", "open", shared.path), shared.origin);
    const std::string path = std::string("/proc/self/ns/") + kind.file;
    UniqueFd own{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!own)
        return at(syscall_failure("share namespace", "open", path), shared.origin);
    if (setns(theirs.get(), static_cast<int>(kind.flag)) != 0)
        return at(syscall_failure("share namespace", "setns", shared.path), shared.origin);
    back.push_back({std::move(own), static_cast<int>(kind.flag)});
    return {};
}

Result<Child> clone_child(const plan::StartPlan& plan, int cgroup) {
    int pidfd = -1;
    clone_args arguments{};
    arguments.flags = CLONE_PIDFD;
    arguments.pidfd = reinterpret_cast<uint64_t>(&pidfd);
    arguments.exit_signal = SIGCHLD;
    for (const auto name : plan.namespaces)
        if (name != plan::Namespace::Cgroup)
            arguments.flags |= kind_of(name).flag;
    if (cgroup >= 0) {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = static_cast<uint64_t>(cgroup);
    }
    const pid_t pid = sys::clone3(arguments);
    if (pid < 0)
        return syscall_failure("namespaces", "clone3");
    return Child{pid, UniqueFd{pid == 0 ? -1 : pidfd}};
}

} // namespace

Result<Child> spawn(const plan::StartPlan& plan, int cgroup) {
    std::vector<Return> back;
    Status joined;
    for (const auto& shared : plan.shared) {
        joined = join(shared, back);
        if (!joined.ok())
            break;
    }
    Result<Child> child = joined.ok() ? clone_child(plan, cgroup) : Result<Child>(joined.failure());
    if (child.ok() && child.value().pid == 0)
        return child;
    for (const auto& each : back)
        if (setns(each.own.get(), each.flag) != 0)
            return syscall_failure("share namespace", "setns");
    return child;
}

Status unshare_cgroup(const plan::StartPlan& plan) {
    if (!has(plan, plan::Namespace::Cgroup))
        return {};
    if (unshare(CLONE_NEWCGROUP) != 0)
        return syscall_failure("namespaces", "unshare", "cgroup");
    return {};
}

bool has(const plan::StartPlan& plan, plan::Namespace wanted) {
    return std::ranges::find(plan.namespaces, wanted) != plan.namespaces.end();
}

Result<UniqueFd> open(pid_t child, const char* name) {
    const std::string path = "/proc/" + std::to_string(child) + "/ns/" + name;
    UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!fd)
        return syscall_failure("namespaces", "open", path);
    return fd;
}

Result<std::vector<std::pair<std::string, UniqueFd>>> open_all(const plan::StartPlan& plan, pid_t child) {
    std::vector<std::pair<std::string, UniqueFd>> all;
    for (const auto name : plan.namespaces) {
        const char* file = kind_of(name).file;
        all.emplace_back(file, TRY(open(child, file)));
    }
    return all;
}

} // namespace tlxc::namespaces
