// tlxc-init: PID 1 of an application container. Runs one command, reaps what it leaves, passes signals on to
// it, and ends with its exit status once nothing runs any more. TERM and PWR end everything: TERM to all,
// KILL a second later.
//
//   tlxc-init [--] [COMMAND [ARGUMENT…]]
//
// Without a command it reaps, and waits to be ended.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

namespace {

constexpr int kNotFound = 127, kNotExecutable = 126, kBySignal = 128;
constexpr timespec kGrace{.tv_sec = 1, .tv_nsec = 0};

[[noreturn]] void run(char** command) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    setpgid(0, 0);
    // In the foreground of the terminal, so that it reads it and gets its signals. Being in the background
    // still, the call itself would stop us with SIGTTOU.
    signal(SIGTTOU, SIG_IGN);
    tcsetpgrp(STDIN_FILENO, getpid());
    signal(SIGTTOU, SIG_DFL);
    execvp(command[0], command);
    const int error = errno;
    fprintf(stderr, "tlxc-init: %s: %s\n", command[0], strerror(error));
    _exit(error == ENOENT ? kNotFound : kNotExecutable);
}

struct Family {
    pid_t command;  // 0: none
    pid_t everyone; // kill's name for all of the container: outside of one, -1 would mean the whole host
    int status = 0;
    bool ending = false;

    // Reaps whoever has ended. False: nobody is left.
    bool reap() {
        int ended = 0;
        pid_t pid;
        while ((pid = waitpid(-1, &ended, WNOHANG)) > 0)
            if (pid == command)
                status = WIFEXITED(ended) ? WEXITSTATUS(ended) : kBySignal + WTERMSIG(ended);
        return pid == 0 || errno == EINTR;
    }

    void take(int signal) {
        if (signal == SIGTERM || signal == SIGPWR) {
            ending = true;
            kill(everyone, SIGTERM);
            kill(everyone, SIGCONT); // who is stopped hears it too
        } else if (signal != SIGCHLD && command != 0) {
            kill(command, signal);
        }
    }
};

} // namespace

int main(int argc, char** argv) {
    int first = 1;
    if (argc > 1 && strcmp(argv[1], "--") == 0)
        ++first;
    prctl(PR_SET_NAME, "tlxc-init"); // executed from memory, it would be called after that
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, nullptr);
    const bool idle = first >= argc;
    if (idle && getpid() != 1) {
        fprintf(stderr, "usage: tlxc-init [--] COMMAND [ARGUMENT...]\n");
        return EXIT_FAILURE;
    }
    const pid_t pid = idle ? 0 : fork();
    if (pid < 0) {
        perror("tlxc-init: fork");
        return EXIT_FAILURE;
    }
    if (pid == 0 && !idle)
        run(argv + first);

    Family family{.command = pid, .everyone = getpid() == 1 ? -1 : -pid};
    while (family.reap() || (idle && !family.ending)) {
        const int signal = family.ending ? sigtimedwait(&all, nullptr, &kGrace) : sigwaitinfo(&all, nullptr);
        if (signal > 0)
            family.take(signal);
        else if (family.ending && errno == EAGAIN)
            kill(family.everyone, SIGKILL);
    }
    return family.status;
}
