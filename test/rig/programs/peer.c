// One side of a conversation, over TCP, UDP or a Unix socket.
//
//   peer serve KIND ADDRESS PORT ...   answers what it gets with "KIND ADDRESS PORT: " before it, for ever
//   peer say KIND ADDRESS PORT TEXT    says it and prints the answer; 2: nobody is there, 3: no answer in 5 s
//
// KIND is tcp, udp or unix; the address of unix is a path, and its port is passed over.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char data[70000];

static int open_end(char** end, struct sockaddr_storage* address, socklen_t* size) {
    memset(address, 0, sizeof *address);
    struct sockaddr_in* v4 = (void*)address;
    struct sockaddr_in6* v6 = (void*)address;
    struct sockaddr_un* path = (void*)address;
    const int type = strcmp(end[0], "udp") == 0 ? SOCK_DGRAM : SOCK_STREAM;
    if (strcmp(end[0], "unix") == 0) {
        path->sun_family = AF_UNIX;
        strncpy(path->sun_path, end[1], sizeof path->sun_path - 1);
        *size = sizeof *path;
    } else if (strchr(end[1], ':')) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(atoi(end[2]));
        inet_pton(AF_INET6, end[1], &v6->sin6_addr);
        *size = sizeof *v6;
    } else {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(atoi(end[2]));
        inet_pton(AF_INET, end[1], &v4->sin_addr);
        *size = sizeof *v4;
    }
    return socket(address->ss_family, type, 0);
}

static int fail(const char* call) {
    perror(call);
    return 1;
}

static void answer_stream(int fd, const char* name) {
    size_t size = strlen(strcpy(data, name));
    for (ssize_t n; (n = read(fd, data + size, sizeof data - size)) > 0;)
        size += n;
    for (size_t sent = 0; sent < size;) {
        const ssize_t n = write(fd, data + sent, size - sent);
        if (n <= 0)
            break;
        sent += n;
    }
}

static int serve(char** end) {
    struct sockaddr_storage address;
    socklen_t size;
    const int fd = open_end(end, &address, &size), one = 1;
    char name[300];
    snprintf(name, sizeof name, "%s %s %s: ", end[0], end[1], end[2]);
    if (address.ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (address.ss_family == AF_UNIX)
        unlink(end[1]);
    if (bind(fd, (void*)&address, size) != 0)
        return fail("bind");
    const size_t prefix = strlen(strcpy(data, name));
    if (strcmp(end[0], "udp") == 0)
        for (;;) {
            struct sockaddr_storage from;
            socklen_t length = sizeof from;
            const ssize_t n = recvfrom(fd, data + prefix, sizeof data - prefix, 0, (void*)&from, &length);
            if (n >= 0 && sendto(fd, data, prefix + n, 0, (void*)&from, length) < 0)
                return fail("sendto");
        }
    if (listen(fd, 64) != 0)
        return fail("listen");
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        const int client = accept(fd, NULL, NULL);
        if (client >= 0 && fork() == 0) {
            answer_stream(client, name);
            exit(0);
        }
        close(client);
    }
}

static int say(char** end, const char* text) {
    struct sockaddr_storage address;
    socklen_t size;
    const int fd = open_end(end, &address, &size);
    alarm(5);
    if (connect(fd, (void*)&address, size) != 0)
        return 2;
    if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
        return 2;
    if (strcmp(end[0], "udp") != 0)
        shutdown(fd, SHUT_WR);
    size_t got = 0;
    for (ssize_t n; (n = read(fd, data, sizeof data)) != 0; got += n) {
        if (n < 0)
            return 2;
        fwrite(data, 1, n, stdout);
        if (strcmp(end[0], "udp") == 0)
            return 0;
    }
    return got > 0 ? 0 : 2;
}

static void give_up(int signal) {
    (void)signal;
    _exit(3);
}

int main(int argc, char** argv) {
    signal(SIGALRM, give_up);
    if (argc == 6 && strcmp(argv[1], "say") == 0)
        return say(argv + 2, argv[5]);
    for (int i = 2; i + 2 < argc; i += 3)
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            return serve(argv + i);
        }
    pause();
}
