#include "executor/mount/owner.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "common/reap.h"
#include "common/syscalls.h"
#include "common/unique_fd.h"

#include "executor/mount/idmap.h"
#include "executor/mount/mount_api.h"

namespace tlxc::mount_api {
namespace {

constexpr int64_t kPatienceMs = 10'000;

// Lives as long as its namespace has no other holder; ends with its parent.
[[noreturn]] void hold(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    // In the namespaces that matter its parent's number is what it was before the fork.
    while (getppid() == parent)
        pause();
    _exit(0);
}

Result<UniqueFd> mapped(pid_t holder, const struct stat& found, const plan::MountOwner& owner) {
    TRY(idmap::write_directly(holder, plan::IdKind::Uid, {{found.st_uid, owner.uid, 1}}));
    TRY(idmap::write_directly(holder, plan::IdKind::Gid, {{found.st_gid, owner.gid, 1}}));
    const std::string path = "/proc/" + std::to_string(holder) + "/ns/user";
    UniqueFd space{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!space)
        return syscall_failure("idmap", "open", path);
    return space;
}

// The kernel maps a mount's ids by a user namespace and by nothing else: one is made for its maps alone.
Result<UniqueFd> make_namespace(const struct stat& found, const plan::MountOwner& owner) {
    const pid_t parent = getpid();
    const clone_args arguments{.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
    const pid_t holder = sys::clone3(arguments);
    if (holder < 0)
        return syscall_failure("idmap", "clone3");
    if (holder == 0)
        hold(parent);
    auto space = mapped(holder, found, owner);
    kill(holder, SIGKILL); // not reaped yet: the number is still its own
    (void)reap_within(holder, kPatienceMs);
    return space;
}

} // namespace

Status set_owner(int mount, const plan::MountOwner& owner) {
    struct stat found {};
    if (fstat(mount, &found) != 0)
        return syscall_failure("mount", "fstat");
    const UniqueFd space = TRY(make_namespace(found, owner));
    Status done = set_idmap(mount, space.get());
    if (!done.ok())
        done.failure().detail = "idmap";
    return done;
}

} // namespace tlxc::mount_api
