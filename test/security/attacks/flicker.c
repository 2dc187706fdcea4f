// flicker TARGET PATH: makes the symbolic link PATH to TARGET and removes it, over and over, until standard input ends.
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv) {
    struct pollfd end = {.fd = 0, .events = POLLIN};
    if (argc != 3)
        return 2;
    while (poll(&end, 1, 0) == 0) {
        if (symlink(argv[1], argv[2]) != 0 && errno != EEXIST && errno != ENOENT)
            return perror(argv[2]), 1;
        usleep(2000);
        unlink(argv[2]);
        usleep(2000);
    }
    return 0;
}
