#include "executor/mapped_process.h"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>

#include "common/map_program.h"
#include "common/reap.h"
#include "executor/handshake.h"
#include "executor/mount/idmap.h"

namespace tlxc::idmap {
namespace {

constexpr int kPatienceMs = 30'000;

// Where an id of the host's is inside: as the container's maps have it, otherwise after all that they have.
int64_t place_of(const plan::StartPlan& plan, plan::IdKind kind, int64_t own) {
    int64_t next = 0;
    for (const auto& entry : plan.idmap) {
        if (entry.kind != kind)
            continue;
        if (own >= entry.outside && own < entry.outside + entry.count)
            return entry.inside + (own - entry.outside);
        next = std::max(next, entry.inside + entry.count);
    }
    return next;
}

// The kernel refuses an id that is mapped twice.
std::vector<IdRange> with_own_id(const plan::StartPlan& plan, plan::IdKind kind, int64_t own) {
    std::vector<IdRange> ranges;
    bool has = false;
    for (const auto& entry : plan.idmap) {
        if (entry.kind != kind)
            continue;
        ranges.push_back({entry.inside, entry.outside, entry.count});
        has = has || (own >= entry.outside && own < entry.outside + entry.count);
    }
    if (!has)
        ranges.push_back({place_of(plan, kind, own), own, 1});
    return ranges;
}

Status become(const plan::StartPlan& plan, handshake::Channel& parent, const std::function<Status()>& work) {
    if (unshare(CLONE_NEWUSER) != 0)
        return syscall_failure("idmap", "unshare");
    TRY(parent.send(handshake::HooksDone{}));
    TRY(parent.receive<handshake::Mapped>(Deadline(kPatienceMs)));
    TRY(become_root(plan));
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return work();
}

Status converse(const plan::StartPlan& plan, handshake::Channel& child, pid_t pid) {
    const Deadline deadline(kPatienceMs);
    TRY(child.receive<handshake::HooksDone>(deadline)); // its namespace is made
    TRY(write_map_by(plan.user->newUidMap, pid, with_own_id(plan, plan::IdKind::Uid, geteuid())));
    TRY(write_map_by(plan.user->newGidMap, pid, with_own_id(plan, plan::IdKind::Gid, getegid())));
    TRY(child.send(handshake::Mapped{}));
    TRY(child.receive<handshake::HooksDone>(deadline)); // its work is done
    return {};
}

} // namespace

gid_t own_gid(const plan::StartPlan& plan) {
    return static_cast<gid_t>(place_of(plan, plan::IdKind::Gid, getegid()));
}

Status run_mapped(const plan::StartPlan& plan, const std::function<Status()>& work) {
    auto [ours, theirs] = TRY(handshake::Channel::make());
    const pid_t pid = fork();
    if (pid < 0)
        return syscall_failure("idmap", "fork");
    if (pid == 0) {
        const Status done = become(plan, theirs, work);
        (void)(done.ok() ? theirs.send(handshake::HooksDone{}) : theirs.send(done.failure())).ok();
        _exit(0);
    }
    theirs = handshake::Channel(UniqueFd{});
    const Status done = converse(plan, ours, pid);
    kill(pid, SIGKILL); // not reaped yet: the number is still its own
    (void)reap_within(pid, kPatienceMs);
    return done;
}

} // namespace tlxc::idmap
