#include "proxy/confine.h"

#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <memory>

namespace tlxc::proxy {
namespace {

// A call's name; null: it was done.
using Failed = const char*;

// Nothing can be opened, executed, mapped from a file or signalled; sockets can be made and connected.
constexpr int kCalls[] = {
    SCMP_SYS(accept4),         SCMP_SYS(brk),          SCMP_SYS(clock_gettime), SCMP_SYS(close),
    SCMP_SYS(connect),         SCMP_SYS(epoll_ctl),    SCMP_SYS(epoll_pwait),   SCMP_SYS(epoll_wait),
    SCMP_SYS(exit_group),      SCMP_SYS(getpeername),  SCMP_SYS(getsockname),   SCMP_SYS(getrandom),
    SCMP_SYS(madvise),         SCMP_SYS(futex),        SCMP_SYS(getsockopt),    SCMP_SYS(mmap),
    SCMP_SYS(mremap),          SCMP_SYS(munmap),       SCMP_SYS(pipe2),         SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),         SCMP_SYS(rt_sigreturn), SCMP_SYS(sendmsg),       SCMP_SYS(sendto),
    SCMP_SYS(restart_syscall), SCMP_SYS(setsockopt),   SCMP_SYS(shutdown),      SCMP_SYS(socket),
    SCMP_SYS(splice),
};

// It is nobody's to trace from the moment it is in the container's user namespace, with the host's ids yet.
Failed enter(const Home& home) {
    if (prctl(PR_SET_DUMPABLE, 0) != 0)
        return "prctl";
    if (setns(home.initPidfd, home.first) != 0 || (home.then != 0 && setns(home.initPidfd, home.then) != 0))
        return "setns";
    close(home.initPidfd);
    if (setgroups(0, nullptr) != 0 || setresgid(0, 0, 0) != 0 || setresuid(0, 0, 0) != 0)
        return "setresuid";
    if (chdir("/") != 0)
        return "chdir";
    return nullptr;
}

Failed drop_capabilities(bool paths) {
    const std::unique_ptr<_cap_struct, int (*)(void*)> kept{cap_init(), cap_free};
    if (!kept)
        return "cap_init";
    const cap_value_t value = CAP_DAC_OVERRIDE;
    for (const cap_flag_t set : {CAP_PERMITTED, CAP_EFFECTIVE})
        if (paths)
            cap_set_flag(kept.get(), set, 1, &value, CAP_SET);
    if (cap_set_proc(kept.get()) != 0)
        return "capset";
    return nullptr;
}

// After the change of ids, which forgets the first of these and may forget the second.
Failed die_with_monitor(pid_t monitor) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0)
        return "prctl";
    if (getppid() != monitor)
        _exit(0);
    return nullptr;
}

Failed load_filter() {
    const std::unique_ptr<void, void (*)(void*)> filter{seccomp_init(SCMP_ACT_KILL_PROCESS), seccomp_release};
    if (!filter)
        return "seccomp_init";
    for (const int call : kCalls)
        if (seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0) != 0)
            return "seccomp_rule_add";
    const int loaded = seccomp_load(filter.get()); // sets no_new_privs, too
    errno = loaded < 0 ? -loaded : 0;
    return loaded < 0 ? "seccomp_load" : nullptr;
}

} // namespace

forward::Answer confine(const Home& home) {
    const pid_t monitor = getppid();
    Failed failed = enter(home);
    if (failed == nullptr)
        failed = drop_capabilities(home.paths);
    if (failed == nullptr)
        failed = die_with_monitor(monitor);
    if (failed == nullptr)
        failed = load_filter();
    forward::Answer answer;
    if (failed != nullptr) {
        answer.err = errno;
        strncpy(answer.call, failed, sizeof answer.call - 1);
    }
    return answer;
}

} // namespace tlxc::proxy
