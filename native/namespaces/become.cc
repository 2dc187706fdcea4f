#include "namespaces/become.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

namespace tlxc {
namespace {

bool told(const Order& order, const char* what, const char* object) {
    fprintf(stderr, "%s: %s%s%s: %s\n", order.label.c_str(), what, *object ? " " : "", object,
            strerror(errno));
    return false;
}

struct Fresh {
    const char* type;
    const char* place;
    unsigned long flags;
};

// As lxc-unshare goes on without one of them, so do we; but not without a word.
void remount(const Order& order) {
    constexpr unsigned long kNothing = MS_NOSUID | MS_NODEV | MS_NOEXEC;
    for (const auto& [type, place, flags] :
         {Fresh{"proc", "/proc", kNothing}, Fresh{"tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV},
          Fresh{"mqueue", "/dev/mqueue", kNothing}}) {
        if (mkdir(place, 01777) != 0 && errno != EEXIST)
            told(order, "cannot make the directory", place);
        else if (mount(type, place, type, flags, nullptr) != 0)
            told(order, "cannot mount a fresh", place);
    }
}

bool set_ids(const Order& order) {
    // In a user namespace that may not set groups there are none to lose but the caller's.
    if (order.groups && setgroups(order.groups->size(), order.groups->data()) != 0 &&
        (errno != EPERM || (order.namespaces & CLONE_NEWUSER) == 0))
        return told(order, "cannot set the groups", "");
    if (order.gid && setresgid(*order.gid, *order.gid, *order.gid) != 0)
        return told(order, "cannot become group", std::to_string(*order.gid).c_str());
    if (order.uid && setresuid(*order.uid, *order.uid, *order.uid) != 0)
        return told(order, "cannot become user", std::to_string(*order.uid).c_str());
    return true;
}

bool set_up(const Order& order) {
    // What is mounted here is not for the host to see; what it mounts later still comes here.
    if ((order.namespaces & CLONE_NEWNS) != 0 &&
        mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0)
        return told(order, "cannot keep mounts from the host", "");
    if (order.remount)
        remount(order);
    if (!order.hostname.empty() && sethostname(order.hostname.data(), order.hostname.size()) != 0)
        return told(order, "cannot set the host name", order.hostname.c_str());
    return set_ids(order);
}

} // namespace

[[noreturn]] void become(const Order& order, UniqueFd go, UniqueFd failed) {
    char byte = 0;
    // Its end: the parent is gone, and has said why.
    if (read(go.get(), &byte, 1) == 1 && set_up(order)) {
        // After the change of ids, which forgets it. Process 1 of a PID namespace heeds nothing less.
        if (!order.daemon)
            prctl(PR_SET_PDEATHSIG, (order.namespaces & CLONE_NEWPID) != 0 ? SIGKILL : SIGTERM);
        // A parent that ended before that has closed the pipe.
        pollfd parent{.fd = go.get(), .events = 0, .revents = 0};
        if (order.daemon || poll(&parent, 1, 0) == 0) {
            execvp(order.argv[0], order.argv);
            told(order, "cannot execute", order.argv[0]);
            fputs("  hint: name a program that PATH has, or the path of one that may be executed\n", stderr);
        }
    }
    (void)!write(failed.get(), "", 1);
    _exit(1);
}

} // namespace tlxc
