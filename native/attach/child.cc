#include "attach/child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/keyctl.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/attach_report.h"
#include "common/descriptor.h"
#include "common/stdio.h"

namespace tlxc {
namespace {

[[noreturn]] void give_up(const AttachChild& child, AttachStep step, int which = 0) {
    const AttachReport report{.step = step, .err = errno, .which = which};
    (void)!::write(child.report, &report, sizeof report);
    ::_exit(1);
}

bool write_text(const char* path, const char* text) {
    const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    const bool written = ::write(fd, text, strlen(text)) >= 0;
    const int error = errno;
    ::close(fd);
    errno = error;
    return written;
}

int set_limit(const ProcessLimit& limit, const rlimit64& value) {
    return ::setrlimit64(static_cast<__rlimit_resource>(limit.resource), &value);
}

// Out here is the privilege to raise a hard limit; below, where all is done that a limit could be too low
// for, it is only taken down.
void make_room(const AttachChild& child) {
    for (const auto& limit : child.limits) {
        rlimit64 now{};
        if (::getrlimit64(static_cast<__rlimit_resource>(limit.resource), &now) != 0)
            give_up(child, AttachStep::limits, limit.resource);
        if (limit.value.rlim_max <= now.rlim_max)
            continue;
        now.rlim_max = limit.value.rlim_max;
        if (set_limit(limit, now) != 0)
            give_up(child, AttachStep::limits, limit.resource);
    }
}

void take_limits(const AttachChild& child) {
    for (const auto& limit : child.limits)
        if (set_limit(limit, limit.value) != 0)
            give_up(child, AttachStep::limits, limit.resource);
}

// With the caller's privilege, on the caller's /proc and /sys.
void prepare_outside(const AttachChild& child) {
    for (size_t i = 0; i < child.cgroupTasks.size(); ++i)
        if (!write_text(child.cgroupTasks[i], "0"))
            give_up(child, AttachStep::cgroup, static_cast<int>(i));
    if (child.corePid != 0 &&
        ::prctl(PR_SCHED_CORE, PR_SCHED_CORE_SHARE_FROM, child.corePid, PR_SCHED_CORE_SCOPE_THREAD, 0) != 0)
        give_up(child, AttachStep::core);
    make_room(child);
    if (*child.selinuxContext != '\0' && !write_text("/proc/self/attr/exec", child.selinuxContext))
        give_up(child, AttachStep::selinux);
    if (*child.apparmorProfile != '\0' &&
        !write_text("/proc/self/attr/apparmor/exec", child.apparmorProfile) &&
        !write_text("/proc/self/attr/exec", child.apparmorProfile))
        give_up(child, AttachStep::apparmor);
    // An idmapped container's root cannot look into an undumpable process that came from outside.
    ::prctl(PR_SET_DUMPABLE, 0);
}

// The user namespace comes first within the one call, so that the others are entered with its capabilities.
void enter_namespaces(const AttachChild& child) {
    if (child.namespaces != 0 && ::setns(child.initPidfd, child.namespaces) != 0)
        give_up(child, AttachStep::namespaces);
    if (child.personality != 0xffffffffUL && ::personality(child.personality) < 0)
        give_up(child, AttachStep::personality);
}

// Of what is permitted; inheritable stays empty for good.
bool raise_capabilities(uint64_t which) {
    __user_cap_header_struct head{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    __user_cap_data_struct data[2]{};
    if (::syscall(SYS_capget, &head, data) != 0)
        return false;
    for (int half = 0; half < 2; ++half) {
        data[half].effective = data[half].permitted & static_cast<uint32_t>(which >> (32 * half));
        data[half].inheritable = 0;
    }
    return ::syscall(SYS_capset, &head, data) == 0;
}

// Raw system calls: libc's wrappers would signal threads that a forked child does not have.
void take_ids(const AttachChild& child) {
    if (::syscall(SYS_setgroups, child.groups.size(), child.groups.data()) != 0)
        give_up(child, AttachStep::groups);
    if (::syscall(SYS_setresgid, child.gid, child.gid, child.gid) != 0)
        give_up(child, AttachStep::gid);
    // Permitted outlives the change of uid until exec: the filter below cannot be loaded without.
    ::prctl(PR_SET_KEEPCAPS, 1);
    if (::syscall(SYS_setresuid, child.uid, child.uid, child.uid) != 0)
        give_up(child, AttachStep::uid);
}

// As the new user, inside, with the capabilities that the command will have and no others. A directory it
// may not enter, or that only a magic link names, is "/" instead, unless it was asked for: a command must not
// find itself elsewhere then.
void change_directory(const AttachChild& child) {
    const uint64_t root = child.keepCapabilities ? ~uint64_t{0} : child.capabilities;
    if (!raise_capabilities(child.uid == 0 ? root : 0))
        give_up(child, AttachStep::capabilities);
    open_how how{};
    how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
    how.resolve = RESOLVE_NO_MAGICLINKS;
    const bool below_proc =
        strncmp(child.cwd, "/proc", 5) == 0 && (child.cwd[5] == '/' || child.cwd[5] == '\0');
    errno = EACCES;
    const long fd = below_proc ? -1 : ::syscall(SYS_openat2, AT_FDCWD, child.cwd, &how, sizeof how);
    if (fd >= 0 && ::fchdir(static_cast<int>(fd)) == 0)
        return;
    if (child.cwdAsked)
        give_up(child, AttachStep::cwd, 1);
    if (::chdir("/") != 0)
        give_up(child, AttachStep::cwd);
}

void restrict(const AttachChild& child) {
    if (!raise_capabilities(~uint64_t{0}))
        give_up(child, AttachStep::capabilities);
    // A new session keyring, owned by the new ids: the caller's may hold keys. ENOSYS: a kernel without keys.
    if (::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr) < 0 && errno != ENOSYS)
        give_up(child, AttachStep::keyring);
    ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    for (int capability = 0; !child.keepCapabilities && capability < 64; ++capability) {
        if (::prctl(PR_CAPBSET_READ, capability) < 0)
            break;
        const bool kept = (child.capabilities >> capability & 1) != 0;
        if (!kept && ::prctl(PR_CAPBSET_DROP, capability) != 0)
            give_up(child, AttachStep::capabilities, capability);
    }
    if (child.noNewPrivileges && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        give_up(child, AttachStep::privileges);
}

bool is_null(int fd) {
    struct stat about {};
    return ::fstat(fd, &about) == 0 && S_ISCHR(about.st_mode) && about.st_rdev == makedev(1, 3);
}

// The host's /dev/null never goes in, where root could change its mode: the container's own takes its place.
int null_inside(const AttachChild& child, int fd) {
    const int inside =
        ::open("/dev/null", (::fcntl(fd, F_GETFL) & O_ACCMODE) | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (inside >= 0 && is_null(inside))
        return inside;
    if (inside >= 0)
        errno = EINVAL;
    give_up(child, AttachStep::null, fd);
}

// All that tlxc-enter inherits, at its numbers; its own image beside them, closed by exec.
void take_descriptors(AttachChild& child) {
    constexpr int enterFd = kReportFd + 1;
    constexpr int listenersFd = enterFd + 1;
    int sources[] = {0, 0, 0, child.report, child.enterFd, child.listeners};
    for (int i = 0; i < 3; ++i)
        sources[i] = child.insideMounts && is_null(child.stdio[i]) ? null_inside(child, child.stdio[i])
                                                                   : child.stdio[i];
    if (!place_descriptors(sources, child.listeners < 0 ? 5 : 6))
        give_up(child, AttachStep::stdio);
    child.report = kReportFd;
    child.enterFd = enterFd;
    if (child.listeners >= 0)
        child.listeners = listenersFd;
    if (::syscall(SYS_close_range, static_cast<unsigned>(enterFd), ~0U, CLOSE_RANGE_CLOEXEC) != 0)
        give_up(child, AttachStep::descriptors);
}

} // namespace

void attach_child(AttachChild& child) {
    reset_signals(Ignored::kept);
    prepare_outside(child);
    enter_namespaces(child);
    take_ids(child);
    change_directory(child);
    restrict(child);
    take_descriptors(child);
    take_limits(child);
    // Last, so that the container's filter need allow nothing of the above; exec drops what the bounding set
    // lacks.
    sock_fprog program{.len = static_cast<unsigned short>(child.seccomp.size()),
                       .filter = child.seccomp.data()};
    const unsigned flags = child.listeners >= 0 ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0;
    const long listener =
        program.len == 0 ? 0 : ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
    if (listener < 0)
        give_up(child, AttachStep::seccomp);
    // The monitor answers the calls; exec closes both descriptors here.
    if (flags != 0 && !send_descriptor(child.listeners, static_cast<int>(listener)))
        give_up(child, AttachStep::listener);
    ::syscall(SYS_execveat, child.enterFd, "", child.argv, child.environment, AT_EMPTY_PATH);
    give_up(child, AttachStep::exec);
}

} // namespace tlxc
