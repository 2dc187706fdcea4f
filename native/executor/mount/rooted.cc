#include "executor/mount/rooted.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>

#include "common/enter_namespaces.h"
#include "common/reap.h"
#include "executor/mount/idmap.h"
#include "executor/mount/mount_api.h"
#include "executor/mount/rootfs.h"
#include "executor/mount/scratch.h"
#include "executor/mount/sources.h"

namespace tlxc::rooted {
namespace {

constexpr const char* kStep = "tree";
constexpr int kInit = 3;
constexpr int kPatienceMs = 30'000;

// The root filesystem of one that runs, without what is mounted in it: a mount can be cloned only by who
// stands in its mount namespace.
Result<UniqueFd> take_running(bool mapped) {
    auto taken = TRY(scratch::make_mounts(Deadline(kPatienceMs), [&]() -> Result<scratch::Mounts> {
        TRY(enter_namespaces(kStep, kInit, CLONE_NEWNS | (mapped ? CLONE_NEWUSER : 0)));
        scratch::Mounts one;
        one.push_back(
            {handshake::PreparedMount::kRootfs, TRY(mount_api::clone(AT_FDCWD, "/", mount_api::Depth::Top))});
        return one;
    }));
    return std::move(taken.front().mount);
}

// A user namespace with the plan's maps, which only a process outside of it can write.
Status map_ids(const plan::StartPlan& plan) {
    const Deadline deadline(kPatienceMs);
    auto [ours, theirs] = TRY(handshake::Channel::make());
    const pid_t self = getpid();
    const pid_t writer = fork();
    if (writer < 0)
        return syscall_failure(kStep, "fork");
    if (writer == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        Status done = theirs.receive<handshake::HooksDone>(deadline).ok() ? idmap::write_maps(plan, self)
                                                                          : refusal(kStep, "too late");
        (void)(done.ok() ? theirs.send(handshake::Mapped{}) : theirs.send(done.failure())).ok();
        _exit(0);
    }
    Status mapped = [&]() -> Status {
        if (unshare(CLONE_NEWUSER | (plan.user ? CLONE_NEWNS : 0)) != 0)
            return syscall_failure(kStep, "unshare");
        TRY(ours.send(handshake::HooksDone{})); // it is made
        TRY(ours.receive<handshake::Mapped>(deadline));
        return {};
    }();
    kill(writer, SIGKILL); // not reaped yet: the number is still its own
    (void)reap_within(writer, kPatienceMs);
    return mapped;
}

// A plain user takes it with power over a mount namespace, and with the user's own way to the directory:
// before it becomes the container's root, who may not pass through the user's home.
Result<UniqueFd> take_stopped(const plan::Rooted& tree) {
    plan::StartPlan plan{};
    plan.rootfs = tree.rootfs;
    plan.idmap = tree.idmap;
    plan.user = tree.user;
    if (plan.idmap.empty())
        return rootfs::prepare(plan, -1, sources::kHere);
    plan.namespaces = {plan::Namespace::User};
    UniqueFd root;
    if (!plan.user)
        root = TRY(rootfs::prepare(plan, -1, sources::kHere));
    TRY(map_ids(plan));
    if (plan.user) {
        TRY(rootfs::isolate());
        root = TRY(rootfs::prepare(plan, -1, sources::kHere));
    }
    TRY(idmap::become_root(plan));
    return root;
}

} // namespace

Status run(const plan::Rooted& tree, char** argv) {
    // Now: who it is then may not be able to reach it.
    const UniqueFd program{open(argv[0], O_PATH | O_CLOEXEC)};
    if (!program)
        return syscall_failure(kStep, "open", argv[0]);
    const pid_t parent = getppid();
    const UniqueFd root = tree.running ? TRY(take_running(tree.mapped)) : TRY(take_stopped(tree));
    if (tree.running && tree.mapped)
        TRY(enter_namespaces(kStep, kInit, CLONE_NEWUSER));
    // After the change of ids, which forgets it; who died before is not waited for.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        return refusal(kStep, "too late");
    if (fchdir(root.get()) != 0)
        return syscall_failure(kStep, "fchdir");
    close_range(kInit, ~0U, CLOSE_RANGE_CLOEXEC);
    fexecve(program.get(), argv, environ);
    return syscall_failure(kStep, "fexecve", argv[0]);
}

} // namespace tlxc::rooted
