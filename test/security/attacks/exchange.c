// exchange A B [C D ...]: swaps A with B, C with D, over and over, until standard input ends.
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>

int main(int argc, char **argv) {
    struct pollfd end = {.fd = 0, .events = POLLIN};
    unsigned long swaps = 0;
    while (swaps % 64 != 0 || poll(&end, 1, 0) == 0) {
        for (int i = 1; i + 1 < argc; i += 2)
            if (renameat2(AT_FDCWD, argv[i], AT_FDCWD, argv[i + 1], RENAME_EXCHANGE) != 0)
                return perror(argv[i]), 1;
        ++swaps;
    }
    printf("%lu\n", swaps);
    return 0;
}
