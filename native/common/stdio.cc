#include "common/stdio.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

namespace tlxc {
namespace {

bool callersIgnored[NSIG];

} // namespace

void ignore_signal(int signal) {
    if (signal <= 0 || signal >= NSIG || ::signal(signal, SIG_IGN) == SIG_ERR)
        return;
    callersIgnored[signal] = true;
}

bool is_ignored(int signal) {
    return callersIgnored[signal];
}

void reset_signals(Ignored ignored) {
    struct sigaction action {};
    for (int signal = 1; signal < NSIG; ++signal) {
        const bool stays = ignored == Ignored::kept && callersIgnored[signal];
        action.sa_handler = stays ? SIG_IGN : SIG_DFL;
        ::sigaction(signal, &action, nullptr); // KILL and STOP refuse
    }
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void make_inheritable(int fd) {
    ::fcntl(fd, F_SETFD, 0);
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags >= 0 && (flags & O_NONBLOCK) != 0)
        ::fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

bool place_descriptors(const int* sources, int count) {
    constexpr int kMost = 8;
    int copies[kMost];
    // First out of the way of every target, so that no dup2 closes a source that is still needed.
    for (int i = 0; i < count; ++i) {
        copies[i] = ::fcntl(sources[i], F_DUPFD_CLOEXEC, kMost);
        if (copies[i] < 0)
            return false;
    }
    for (int i = 0; i < count; ++i) {
        if (::dup2(copies[i], i) < 0)
            return false;
        if (i <= 2)
            make_inheritable(i);
        ::close(copies[i]);
    }
    return true;
}

} // namespace tlxc
