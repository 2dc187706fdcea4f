// What lxc.seccomp.notify.proxy may name: answers each question in the way that argv[2] says and tells of it, one line a
// question, on standard output. usage: notify-proxy PATH|@NAME errno N|value N|continue|silent|short|other-id [TIMES]
// TIMES: the connection is closed after so many answers, and a new one taken.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

struct head {
    uint64_t reserved;
    pid_t monitor;
    pid_t init;
    struct seccomp_notif_sizes sizes;
    uint64_t cookie_length;
};

static struct {
    struct head head;
    struct seccomp_notif question;
    struct seccomp_notif_resp response;
    char cookie[256];
} message;

static int fds[3];

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int listen_at(const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t length = offsetof(struct sockaddr_un, sun_path) + strlen(name) + (*name != '@');
    strncpy(address.sun_path, name, sizeof address.sun_path - 1);
    if (*name == '@')
        *address.sun_path = 0;
    int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) || listen(fd, 8))
        fail(name);
    return fd;
}

static ssize_t receive(int peer) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof fds)];
    } control;
    struct iovec part = {&message, sizeof message};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    memset(&message, 0, sizeof message);
    ssize_t size = recvmsg(peer, &header, 0);
    if (size <= 0)
        return size;
    struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
    if (!rights || rights->cmsg_len != CMSG_LEN(sizeof fds)) {
        fprintf(stderr, "not three descriptors\n");
        exit(1);
    }
    memcpy(fds, CMSG_DATA(rights), sizeof fds);
    return size;
}

// The path that mkdir or mkdirat was called with, read from the caller's memory.
static void tell(ssize_t size) {
    char path[256] = "-", command[64] = "";
    const struct seccomp_data *call = &message.question.data;
    int named = call->nr == SYS_mkdir || call->nr == SYS_mkdirat;
    uint64_t where = call->args[call->nr == SYS_mkdir ? 0 : 1];
    if (named && pread(fds[1], path, sizeof path - 1, (off_t)where) <= 0)
        fail("mem");
    int file = openat(fds[0], "comm", O_RDONLY);
    ssize_t got = file < 0 ? 0 : read(file, command, sizeof command - 1);
    command[got > 0 ? got - 1 : 0] = 0;
    close(file);
    uint64_t id = message.question.id;
    printf("size=%zd monitor=%d init=%d command=%s path=%s cookie=%.*s valid=%d\n", size, message.head.monitor,
           message.head.init, command, path, (int)message.head.cookie_length, message.cookie,
           ioctl(fds[2], SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0);
    fflush(stdout);
}

static void answer(int peer, const char *how, int number) {
    size_t size = offsetof(typeof(message), cookie);
    message.response.val = strcmp(how, "value") ? 0 : number;
    message.response.error = strcmp(how, "errno") ? 0 : -number;
    message.response.flags = strcmp(how, "continue") ? 0 : SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    if (!strcmp(how, "other-id"))
        message.response.id++;
    if (!strcmp(how, "short"))
        size = sizeof message.head;
    if (strcmp(how, "silent") && send(peer, &message, size, MSG_NOSIGNAL) < 0)
        fail("send");
}

int main(int argc, char **argv) {
    if (argc < 3)
        return 2;
    prctl(PR_SET_PDEATHSIG, SIGKILL); // with the nsenter that brought it into the world
    int door = listen_at(argv[1]), number = argc > 3 ? atoi(argv[3]) : 0, times = argc > 4 ? atoi(argv[4]) : 0;
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        int peer = accept(door, NULL, NULL);
        if (peer < 0)
            fail("accept");
        ssize_t size;
        for (int done = 0; (times == 0 || done < times) && (size = receive(peer)) > 0; ++done) {
            tell(size);
            answer(peer, argv[2], number);
            for (int i = 0; i < 3; ++i)
                close(fds[i]);
        }
        close(peer);
    }
}
