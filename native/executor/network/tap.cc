#include "executor/network/tap.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

#include "common/reap.h"
#include "common/syscalls.h"
#include "executor/handshake.h"

namespace tlxc::network {
namespace {

constexpr int kPatienceMs = 10'000;
constexpr const char* kTun = "/dev/net/tun";

// In the forked process, whose ids stay the user's: the container's root has no right to the host's files.
Result<UniqueFd> make_inside(const UniqueFd& child, const std::string& name) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (prctl(PR_SET_DUMPABLE, 0) != 0)
        return syscall_failure("network", "prctl");
    if (setns(child.get(), CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return syscall_failure("network", "setns");
    UniqueFd tap{open(kTun, O_RDWR | O_NONBLOCK | O_CLOEXEC)};
    if (!tap)
        return syscall_failure("network", "open", kTun);
    ifreq request{};
    name.copy(request.ifr_name, IFNAMSIZ - 1);
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    if (ioctl(tap.get(), TUNSETIFF, &request) != 0)
        return syscall_failure("network", "TUNSETIFF", name);
    return tap;
}

} // namespace

Result<UniqueFd> make_tap(pid_t child, const std::string& name) {
    const UniqueFd pidfd{sys::pidfd_open(child)};
    if (!pidfd)
        return syscall_failure("network", "pidfd_open");
    auto [ours, theirs] = TRY(handshake::Channel::make());
    const pid_t pid = fork();
    if (pid < 0)
        return syscall_failure("network", "fork");
    if (pid == 0) {
        Result<UniqueFd> made = make_inside(pidfd, name);
        (void)(made.ok() ? theirs.send(handshake::Network{std::move(made).value()})
                         : theirs.send(made.failure()))
            .ok();
        _exit(0);
    }
    theirs = handshake::Channel(UniqueFd{});
    Result<handshake::Network> answer = ours.receive<handshake::Network>(Deadline(kPatienceMs));
    kill(pid, SIGKILL); // not reaped yet: the number is still its own
    (void)reap_within(pid, kDyingMs);
    if (!answer.ok())
        return std::move(answer.failure());
    return std::move(answer.value().socket);
}

} // namespace tlxc::network
