#include "executor/scratch.h"

#include <signal.h>
#include <sys/prctl.h>

#include "common/reap.h"
#include "executor/handshake.h"

namespace tlxc::scratch {
namespace {

constexpr int kPatienceMs = 60'000;

[[noreturn]] void work(const std::function<Result<UniqueFd>()>& make, handshake::Channel& channel) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    auto made = make();
    if (!made.ok()) {
        (void)channel.send(made.failure()).ok();
        _exit(1);
    }
    handshake::Mounts message;
    message.mounts.push_back({handshake::PreparedMount::kRootfs, std::move(made.value())});
    (void)channel.send(message).ok();
    _exit(0);
}

Result<UniqueFd> in_fork(const Deadline& deadline, const std::function<Result<UniqueFd>()>& make) {
    auto [ours, theirs] = TRY(handshake::Channel::make());
    const pid_t pid = fork();
    if (pid < 0)
        return syscall_failure("rootfs", "fork");
    if (pid == 0)
        work(make, theirs);
    theirs = handshake::Channel(UniqueFd{});
    auto answer = ours.receive<handshake::Mounts>(deadline);
    kill(pid, SIGKILL); // it has nothing more to do; not reaped yet, so the number is still its own
    (void)reap_within(pid, kDyingMs);
    if (!answer.ok())
        return answer.failure();
    if (answer.value().mounts.empty())
        return refusal("rootfs", handshake::kEnded);
    return std::move(answer.value().mounts.front().mount);
}

} // namespace

Result<UniqueFd> make_mount(const std::function<Result<UniqueFd>()>& make) {
    return in_fork(Deadline(kPatienceMs), make);
}

Status run(const Deadline& deadline, const std::function<Status()>& task) {
    TRY(in_fork(deadline, [&task]() -> Result<UniqueFd> {
        TRY(task());
        return UniqueFd{};
    }));
    return {};
}

} // namespace tlxc::scratch
