// Preloaded: who waits for netlink gets its answers late, so that others have time to forge one;
// with NETLINK=mute in the environment it gets none.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int poll(struct pollfd* all, nfds_t count, int timeout) {
    int (*const next)(struct pollfd*, nfds_t, int) = dlsym(RTLD_NEXT, "poll");
    int domain = 0;
    socklen_t size = sizeof domain;
    if (count == 1 && getsockopt(all->fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_NETLINK)
        if (usleep(30000) == 0 && getenv("NETLINK") != NULL)
            return 0;
    return next(all, count, timeout);
}
