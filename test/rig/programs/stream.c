/*
 * A stream of TCP as fast as it goes.
 *   stream receive PORT           says that it listens, takes one connection, and ends with it
 *   stream send ADDRESS PORT MS   sends for so long, and prints how many bytes the other side has taken
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static char buffer[256 * 1024];

static long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int fail(const char *what) {
    perror(what);
    return 1;
}

static int receive(int port) {
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(port)};
    int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) != 0 || listen(listener, 1) != 0)
        return fail("bind");
    puts("listens");
    fflush(stdout);
    int stream = accept(listener, NULL, NULL);
    unsigned long long total = 0;
    ssize_t size;
    while ((size = read(stream, buffer, sizeof buffer)) > 0)
        total += size;
    return write(stream, &total, sizeof total) == sizeof total ? 0 : fail("write");
}

static int transmit(const char *address, int port, long ms) {
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(port)};
    int stream = -1;
    inet_pton(AF_INET, address, &there.sin_addr);
    for (int attempt = 0; attempt < 500; attempt++) { /* the other side may not listen yet */
        stream = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(stream, (struct sockaddr *)&there, sizeof there) == 0)
            break;
        close(stream);
        stream = -1;
        usleep(10000);
    }
    if (stream < 0)
        return fail("connect");
    for (long end = now_ms() + ms; now_ms() < end;)
        if (write(stream, buffer, sizeof buffer) < 0)
            return fail("write");
    shutdown(stream, SHUT_WR);
    unsigned long long total = 0;
    if (read(stream, &total, sizeof total) != sizeof total)
        return fail("read");
    printf("%llu\n", total);
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "receive") == 0)
        return receive(atoi(argv[2]));
    if (argc == 5 && strcmp(argv[1], "send") == 0)
        return transmit(argv[2], atoi(argv[3]), atol(argv[4]));
    return 2;
}
