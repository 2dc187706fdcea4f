#include "monitor/entrance.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/capability.h>
#include <sys/personality.h>
#include <sys/stat.h>

#include "attach/image.h"
#include "common/pointers.h"
#include "common/resources.h"

namespace tlxc {
namespace {

constexpr unsigned long kSamePersonality = 0xffffffffUL;

int flag_of(plan::Namespace which) {
    switch (which) {
    case plan::Namespace::User:
        return CLONE_NEWUSER;
    case plan::Namespace::Mount:
        return CLONE_NEWNS;
    case plan::Namespace::Pid:
        return CLONE_NEWPID;
    case plan::Namespace::Uts:
        return CLONE_NEWUTS;
    case plan::Namespace::Ipc:
        return CLONE_NEWIPC;
    case plan::Namespace::Net:
        return CLONE_NEWNET;
    case plan::Namespace::Cgroup:
        return CLONE_NEWCGROUP;
    case plan::Namespace::Time:
        break;
    }
    return CLONE_NEWTIME;
}

int namespaces_of(const plan::StartPlan& plan) {
    int flags = 0;
    for (const auto each : plan.namespaces)
        flags |= flag_of(each);
    for (const auto& each : plan.shared)
        flags |= flag_of(each.namespace_);
    return flags;
}

unsigned long personality_of(const std::string& name) {
    if (name.empty())
        return kSamePersonality;
    return name == "linux32" ? PER_LINUX32 : PER_LINUX;
}

} // namespace

Status Entrance::take_limits() {
    for (const auto& each : plan_.limits) {
        const int resource = resources::number_of(each.resource);
        if (resource < 0)
            return refusal("limits", "unknown", each.resource);
        limits_.push_back(
            {resource,
             {.rlim_cur = resources::amount_of(each.soft), .rlim_max = resources::amount_of(each.hard)}});
    }
    child_.limits = limits_;
    return {};
}

Status Entrance::take_capabilities() {
    for (const auto& name : plan_.security.capabilities) {
        cap_value_t value = 0;
        if (cap_from_name(("cap_" + name).c_str(), &value) != 0)
            return refusal("capabilities", "unknown", name);
        child_.capabilities |= 1ULL << value;
    }
    return {};
}

// Where the container really is: its groups may have got other names than the plan wished for.
Status Entrance::take_groups() {
    child_.leaf = -1;
    for (const CgroupPlace& place : running_.cgroups) {
        if (place.innerGroup.empty())
            continue;
        const std::string group = place.mountPoint + "/" + place.innerGroup;
        if (place.version == 1) {
            tasks_.push_back(group + "/tasks");
            continue;
        }
        // The container cannot make links here: the path is as good as the hierarchy's mount point.
        leafPath_ = group + "/" + plan_.health->leaf;
        if (mkdir(leafPath_.c_str(), 0777) != 0 && errno != EEXIST)
            return syscall_failure("cgroup", "mkdir", leafPath_);
        leaf_.reset(open(leafPath_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!leaf_)
            return syscall_failure("cgroup", "open", leafPath_);
        child_.leaf = leaf_.get();
    }
    child_.leafPath = leafPath_.c_str();
    return {};
}

// Ids are taken before the restrictions. A name is looked up after them, by the container's root in its own
// files.
void Entrance::take_user() {
    const auto& health = *plan_.health;
    for (const int64_t group : health.groups)
        groups_.push_back(static_cast<gid_t>(group));
    child_.groups = groups_;
    child_.uid = static_cast<uid_t>(health.uid);
    child_.gid = static_cast<gid_t>(health.gid);
}

void Entrance::take_words() {
    // tlxc-enter's arguments; no descriptor of 0, 1, 2 is a terminal, and the environment is whole.
    const std::string user = plan_.health->user.empty() ? "" : "u" + plan_.health->user;
    words_ = {"tlxc-enter", "tlxc-health", "-1", std::to_string(getpid()), "-" + user};
    for (const std::string& word : plan_.health->argv)
        words_.push_back(word);
    if (!plan_.security.apparmorProfile.empty())
        profile_ = "exec " + plan_.security.apparmorProfile;
}

Result<pid_t> Entrance::start(int input, int output) {
    TRY(take_limits());
    TRY(take_capabilities());
    TRY(take_groups());
    take_user();
    take_words();
    child_.enterFd = TRY(sealed_enter(plan_.health->enter));
    child_.initPidfd = running_.initPidfd.get();
    child_.namespaces = namespaces_of(plan_);
    child_.insideMounts = (child_.namespaces & CLONE_NEWNS) != 0;
    if (child_.insideMounts)
        filter_ = TRY(read_filter(running_.seccomp.get()));
    child_.seccomp = filter_;
    child_.listeners = filter_.empty() ? -1 : listeners_;
    child_.apparmorProfile = profile_.c_str();
    child_.selinuxContext = plan_.security.selinuxContext.c_str();
    child_.corePid = plan_.init.coreScheduling ? running_.initPid : 0;
    child_.personality = personality_of(plan_.init.personality);
    child_.noNewPrivileges = plan_.security.noNewPrivileges;
    child_.cwd = "/";
    child_.stdio[0] = input;
    child_.stdio[1] = child_.stdio[2] = output;
    const auto argv = pointers(words_);
    const auto environment = pointers(plan_.health->environment);
    const auto tasks = pointers(tasks_);
    child_.argv = argv.data();
    child_.environment = environment.data();
    child_.cgroupTasks = {tasks.data(), tasks_.size()};
    return start_attach(child_);
}

} // namespace tlxc
