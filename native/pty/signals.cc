#include "pty/signals.h"

#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <initializer_list>

namespace tlxc::pty {
namespace {

constexpr int kForwarded[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM};

// Under nohup, say. Blocked, it would come by the descriptor all the same.
bool is_ignored(int signal) {
    struct sigaction action {};
    return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

} // namespace

int open_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int each : kForwarded)
        if (!is_ignored(each))
            sigaddset(&set, each);
    for (const int each : {SIGCHLD, SIGWINCH, SIGCONT, SIGPIPE})
        sigaddset(&set, each);
    sigset_t blocked = set;
    sigaddset(&blocked, SIGTTOU);
    sigprocmask(SIG_SETMASK, &blocked, nullptr);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int next_signal(int fd) {
    signalfd_siginfo info{};
    return read(fd, &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo) : 0;
}

bool is_forwarded(int signal) {
    for (const int each : kForwarded)
        if (each == signal)
            return true;
    return false;
}

int exit_code(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace tlxc::pty
