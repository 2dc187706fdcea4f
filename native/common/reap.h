// Waiting for a child of ours, never for ever: even a killed process stays while the kernel is busy for it.
#pragma once
#include <poll.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>

#include "common/deadline.h"
#include "common/unique_fd.h"

namespace tlxc {

// What the kernel is given to take a killed process down.
constexpr int64_t kDyingMs = 10'000;

// Waits for the child's end and reaps it: its status as waitpid gives it. Nothing: it has not ended in time,
// and is not reaped; or it is no child of ours.
inline std::optional<int> reap_within(pid_t pid, int64_t milliseconds) {
    const UniqueFd pidfd{static_cast<int>(syscall(SYS_pidfd_open, pid, 0))};
    const Deadline deadline{milliseconds};
    pollfd ended{.fd = pidfd.get(), .events = POLLIN, .revents = 0};
    while (pidfd) {
        const int left = deadline.left();
        if (poll(&ended, 1, left) > 0)
            break;
        if (left == 0)
            return {};
    }
    int status = 0;
    if (waitpid(pid, &status, WNOHANG) != pid)
        return {};
    return status;
}

} // namespace tlxc
