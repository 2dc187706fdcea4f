// tlxc-proxy: carries what comes to a container's forwarded ports (tlxc.net.N.forward) into its network. The
// monitor starts it, with its orders' socket as standard input and init's pidfd on descriptor 3:
//
//   [tlxc proxy] LXCPATH NAME <CLONE_NEW* flags> <then these> plain|paths VERSION
//
// The sockets that listen are the host's, made by the monitor; those that connect are made here, in the
// container's network. It dies with the monitor.
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proxy/confine.h"
#include "proxy/orders.h"

namespace tlxc::proxy {
namespace {

constexpr int kOrders = STDIN_FILENO, kInitPidfd = 3;
constexpr rlim_t kOwn = 64 + 2 * 512; // the loop, idle pipes, and sockets that listen
constexpr rlim_t kMost = 1 << 20;

// The descriptors that connections may have. What is inherited is a soft limit for programs that use select.
size_t raise_limit() {
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return 0;
    files.rlim_cur = files.rlim_max < kMost ? files.rlim_max : kMost;
    if (setrlimit(RLIMIT_NOFILE, &files) != 0)
        return 0;
    return files.rlim_cur > 2 * kOwn ? files.rlim_cur - kOwn : files.rlim_cur / 2;
}

// Nothing of the caller's: what the C library would say to standard error meets a descriptor that takes no
// writes.
bool hold(int epoll) {
    return dup2(epoll, STDOUT_FILENO) >= 0 && dup2(epoll, STDERR_FILENO) >= 0;
}

} // namespace
} // namespace tlxc::proxy

int main(int argc, char** argv) {
    using namespace tlxc::proxy;
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_NAME, "tlxc-proxy"); // it is executed by a descriptor, whose number would be its name
    if (argc != 5 || strcmp(argv[4], tlxc::forward::kVersion) != 0) {
        (void)answer(kOrders, {.err = EPROTO, .call = "version"});
        return 1;
    }
    const size_t descriptors = raise_limit();
    const Home home{.initPidfd = kInitPidfd,
                    .first = atoi(argv[1]),
                    .then = atoi(argv[2]),
                    .paths = strcmp(argv[3], "paths") == 0};
    syscall(SYS_close_range, kInitPidfd + 1, ~0U, 0);
    Loop loop;
    static Orders orders{loop, kOrders, descriptors};
    tlxc::forward::Answer ready;
    if (!loop.open() || !hold(loop.fd()) || !orders.begin())
        ready = {.err = errno, .call = "epoll_create1"};
    else
        ready = confine(home);
    if (!answer(kOrders, ready) || ready.err != 0)
        return 1;
    loop.run();
}
