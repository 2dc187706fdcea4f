#include "user-nic/caller.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <pwd.h>
#include <signal.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

namespace tlxc::user_nic {
namespace {

constexpr rlim_t kFiles = 64;

// A limit of the caller's could end us in the middle of a record.
bool lift_limits() {
    const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
    for (const auto resource : {RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_AS, RLIMIT_DATA})
        (void)setrlimit(resource, &unlimited); // where root itself may not: the caller's own limit stays
    const rlimit none{0, 0}, files{kFiles, kFiles};
    return setrlimit(RLIMIT_CORE, &none) == 0 && setrlimit(RLIMIT_NOFILE, &files) == 0;
}

// Or what is opened next would be somebody's standard output.
bool have_streams() {
    for (int stream = 0; stream <= STDERR_FILENO; ++stream)
        if (fcntl(stream, F_GETFD) < 0 && open("/dev/null", O_RDWR) != stream)
            return false;
    return true;
}

// /etc/passwd alone: name services load libraries. Others are known by their number.
std::string name_of(uid_t uid) {
    const std::unique_ptr<FILE, int (*)(FILE*)> file{fopen("/etc/passwd", "re"), fclose};
    while (const passwd* entry = file ? fgetpwent(file.get()) : nullptr)
        if (entry->pw_uid == uid)
            return entry->pw_name;
    return std::to_string(uid);
}

} // namespace

bool leave_caller() {
    if (!have_streams() || syscall(SYS_close_range, 3, ~0U, 0) != 0 || clearenv() != 0)
        return false;
    for (int signal = 1; signal < NSIG; ++signal)
        ::signal(signal, SIG_IGN); // a terminal's too: it sends without asking whose process this is
    ::signal(SIGCHLD, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    umask(0077);
    return lift_limits() && chdir("/") == 0;
}

bool identify(Caller& caller) {
    caller.uid = getuid();
    caller.gid = getgid();
    if (caller.uid == 0 || geteuid() != 0)
        return false;
    const int count = getgroups(0, nullptr);
    if (count < 0)
        return false;
    caller.groups.resize(static_cast<size_t>(count));
    if (getgroups(count, caller.groups.data()) != count)
        return false;
    caller.groups.push_back(caller.gid);
    caller.name = name_of(caller.uid);
    return true;
}

bool become_unreachable() {
    const std::unique_ptr<std::remove_pointer_t<cap_t>, int (*)(void*)> kept{cap_init(), cap_free};
    cap_value_t networks[] = {CAP_NET_ADMIN};
    return prctl(PR_SET_DUMPABLE, 0) == 0 && setgroups(0, nullptr) == 0 && setresgid(0, 0, 0) == 0 &&
           setresuid(0, 0, 0) == 0 && kept &&
           cap_set_flag(kept.get(), CAP_PERMITTED, 1, networks, CAP_SET) == 0 &&
           cap_set_flag(kept.get(), CAP_EFFECTIVE, 1, networks, CAP_SET) == 0 &&
           cap_set_proc(kept.get()) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

} // namespace tlxc::user_nic
