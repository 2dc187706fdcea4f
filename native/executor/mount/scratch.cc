#include "executor/mount/scratch.h"

#include <signal.h>
#include <sys/prctl.h>

#include "common/reap.h"

namespace tlxc::scratch {
namespace {

[[noreturn]] void work(const std::function<Result<Mounts>()>& make, handshake::Channel& channel) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    auto made = make();
    if (!made.ok()) {
        (void)channel.send(made.failure()).ok();
        _exit(1);
    }
    (void)channel.send_mounts(std::move(made.value())).ok();
    _exit(0);
}

} // namespace

Result<Mounts> make_mounts(const Deadline& deadline, const std::function<Result<Mounts>()>& make) {
    auto [ours, theirs] = TRY(handshake::Channel::make());
    const pid_t pid = fork();
    if (pid < 0)
        return syscall_failure("mount", "fork");
    if (pid == 0)
        work(make, theirs);
    theirs = handshake::Channel(UniqueFd{});
    auto made = ours.receive_mounts(deadline);
    kill(pid, SIGKILL); // it has nothing more to do; not reaped yet, so the number is still its own
    (void)reap_within(pid, kDyingMs);
    return made;
}

Status run(const Deadline& deadline, const std::function<Status()>& task) {
    TRY(make_mounts(deadline, [&task]() -> Result<Mounts> {
        TRY(task());
        return Mounts{};
    }));
    return {};
}

} // namespace tlxc::scratch
