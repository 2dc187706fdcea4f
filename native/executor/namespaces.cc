#include "executor/namespaces.h"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>

#include "common/syscalls.h"
#include "executor/handshake.h"

namespace tlxc::namespaces {
namespace {

struct Kind {
    plan::Namespace name;
    const char* file; // below /proc/PID/ns
    uint64_t flag;
};
constexpr Kind kKinds[] = {
    {plan::Namespace::User, "user", CLONE_NEWUSER},       {plan::Namespace::Mount, "mnt", CLONE_NEWNS},
    {plan::Namespace::Pid, "pid", CLONE_NEWPID},          {plan::Namespace::Uts, "uts", CLONE_NEWUTS},
    {plan::Namespace::Ipc, "ipc", CLONE_NEWIPC},          {plan::Namespace::Net, "net", CLONE_NEWNET},
    {plan::Namespace::Cgroup, "cgroup", CLONE_NEWCGROUP}, {plan::Namespace::Time, "time", CLONE_NEWTIME},
};

const Kind& kind_of(plan::Namespace name) {
    return *std::ranges::find(kKinds, name, &Kind::name);
}

// The control groups are those of a process that is in its groups already; the clocks are set before anybody
// lives by them.
bool made_by_child(plan::Namespace name) {
    return name == plan::Namespace::Cgroup || name == plan::Namespace::Time;
}

Result<std::vector<UniqueFd>> open_shared(const plan::StartPlan& plan) {
    std::vector<UniqueFd> all;
    for (const auto& shared : plan.shared) {
        UniqueFd fd{::open(shared.path.c_str(), O_RDONLY | O_CLOEXEC)};
        struct stat found {};
        if (!fd || fstat(fd.get(), &found) != 0)
            return at(syscall_failure("share namespace", "open", shared.path), shared.origin);
        if (!shared.inode.empty() && shared.inode != std::to_string(found.st_ino))
            return at(refusal("share namespace", "it is another one by now", shared.path), shared.origin);
        all.push_back(std::move(fd));
    }
    return all;
}

Status join_shared(const plan::StartPlan& plan, const std::vector<UniqueFd>& opened) {
    for (size_t i = 0; i < opened.size(); ++i) {
        const auto& shared = plan.shared[i];
        if (setns(opened[i].get(), static_cast<int>(kind_of(shared.namespace_).flag)) != 0)
            return at(syscall_failure("share namespace", "setns", shared.path), shared.origin);
    }
    return {};
}

// cgroup: of version 2; none: the caller's.
Result<Child> clone_process(uint64_t flags, int cgroup) {
    int pidfd = -1;
    clone_args arguments{};
    arguments.flags = CLONE_PIDFD | flags;
    arguments.pidfd = reinterpret_cast<uint64_t>(&pidfd);
    arguments.exit_signal = (flags & CLONE_PARENT) != 0 ? 0 : SIGCHLD; // with it, the caller's own
    if (cgroup >= 0) {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = static_cast<uint64_t>(cgroup);
    }
    const pid_t pid = sys::clone3(arguments);
    if (pid < 0)
        return syscall_failure("namespaces", "clone3");
    return Child{pid, UniqueFd{pid == 0 ? -1 : pidfd}};
}

uint64_t new_namespaces(const plan::StartPlan& plan) {
    uint64_t flags = 0;
    for (const auto name : plan.namespaces)
        if (!made_by_child(name))
            flags |= kind_of(name).flag;
    return flags;
}

// In the process between: what it joins is gone with it, which the monitor could not take back, and what it
// makes belongs to the user namespace that it has joined.
Result<Child> clone_among(const plan::StartPlan& plan, const std::vector<UniqueFd>& opened) {
    // Who is root there sees the child from its first moment, and may not look into it until it has executed
    // init. Nor could a monitor without privilege, then, which has to.
    if (!plan.user && prctl(PR_SET_DUMPABLE, 0) != 0)
        return syscall_failure("namespaces", "prctl");
    TRY(join_shared(plan, opened));
    return clone_process(new_namespaces(plan) | CLONE_PARENT, -1);
}

Result<Child> meet(handshake::Channel& between, const Deadline& deadline) {
    const auto born = TRY(between.receive<handshake::Born>(deadline));
    const auto pid = static_cast<pid_t>(born.pid);
    UniqueFd pidfd{sys::pidfd_open(pid)}; // our child: nobody else can have its number before we reap it
    if (!pidfd)
        return syscall_failure("namespaces", "pidfd_open");
    return Child{pid, std::move(pidfd)};
}

Result<Child> spawn_among(const plan::StartPlan& plan, int cgroup, const Deadline& deadline) {
    const auto opened = TRY(open_shared(plan));
    auto [ours, theirs] = TRY(handshake::Channel::make());
    // It is born in the container's group already: from within the cgroup namespace of another container
    // there may be no way there (the mount option nsdelegate).
    const pid_t between = TRY(clone_process(0, cgroup)).pid;
    if (between == 0) {
        auto child = clone_among(plan, opened);
        if (child.ok() && child.value().pid == 0)
            return child;
        (void)(child.ok() ? theirs.send(handshake::Born{child.value().pid}) : theirs.send(child.failure()))
            .ok();
        _exit(0);
    }
    theirs = handshake::Channel(UniqueFd{});
    auto child = meet(ours, deadline);
    kill(between, SIGKILL); // it has said all it had to say, or is stuck
    waitpid(between, nullptr, 0);
    return child;
}

} // namespace

Result<Child> spawn(const plan::StartPlan& plan, int cgroup, const Deadline& deadline) {
    if (plan.shared.empty())
        return clone_process(new_namespaces(plan), cgroup);
    return spawn_among(plan, cgroup, deadline);
}

Status unshare_cgroup(const plan::StartPlan& plan) {
    if (!is_new(plan, plan::Namespace::Cgroup))
        return {};
    if (unshare(CLONE_NEWCGROUP) != 0)
        return syscall_failure("namespaces", "unshare", "cgroup");
    return {};
}

bool is_new(const plan::StartPlan& plan, plan::Namespace wanted) {
    return std::ranges::find(plan.namespaces, wanted) != plan.namespaces.end();
}

bool has(const plan::StartPlan& plan, plan::Namespace wanted) {
    return is_new(plan, wanted) ||
           std::ranges::find(plan.shared, wanted, &plan::SharedNamespace::namespace_) != plan.shared.end();
}

Result<UniqueFd> open(pid_t child, const char* name) {
    const std::string path = "/proc/" + std::to_string(child) + "/ns/" + name;
    UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!fd)
        return syscall_failure("namespaces", "open", path);
    return fd;
}

Status join_mounts_of(pid_t child) {
    const UniqueFd theirs = TRY(open(child, "mnt"));
    if (setns(theirs.get(), CLONE_NEWNS) != 0)
        return syscall_failure("namespaces", "setns", "mnt");
    return {};
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
