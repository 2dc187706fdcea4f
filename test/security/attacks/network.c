// What the network gives away, a line each: "got NAME" for sockets of kinds that see or change it, "connected NAME" for
// every name in /proc/net/unix at which somebody answers, "@" first where the name is abstract.
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void ask(const char *name) {
    static const int types[] = {SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name);
    if (length >= sizeof address.sun_path)
        return;
    memcpy(address.sun_path, name, length);
    if (name[0] == '@')
        address.sun_path[0] = '\0';
    else
        ++length;
    for (int i = 0; i < 3; ++i) {
        int fd = socket(AF_UNIX, types[i] | SOCK_CLOEXEC, 0);
        if (connect(fd, (void *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) == 0)
            printf("connected %s\n", name);
        close(fd);
    }
}

int main(void) {
    static const struct {
        const char *name;
        int family, type, protocol;
    } sockets[] = {{"AF_PACKET", AF_PACKET, SOCK_RAW, 0}, {"NETLINK_AUDIT", AF_NETLINK, SOCK_RAW, 9},
                   {"raw ICMP", AF_INET, SOCK_RAW, 1},    {"AF_VSOCK", 40, SOCK_STREAM, 0},
                   {"AF_XDP", 44, SOCK_RAW, 0}};
    for (size_t i = 0; i < sizeof sockets / sizeof *sockets; ++i) {
        int fd = socket(sockets[i].family, sockets[i].type, sockets[i].protocol);
        if (fd >= 0)
            printf("got %s\n", sockets[i].name);
        close(fd);
    }
    char line[512], name[512];
    FILE *names = fopen("/proc/net/unix", "re");
    while (names && fgets(line, sizeof line, names))
        if (sscanf(line, "%*s %*s %*s %*s %*s %*s %*s %511s", name) == 1)
            ask(name);
    puts("asked all");
    return 0;
}
