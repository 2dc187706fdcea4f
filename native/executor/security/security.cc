#include "executor/security/security.h"

#include <grp.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <memory>

#include "common/descriptor.h"
#include "executor/mount/procfs.h"

namespace tlxc::security {
namespace {

Status join_session_keyring() {
    if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr) >= 0 || errno == ENOSYS)
        return {};
    return syscall_failure("security", "keyctl(KEYCTL_JOIN_SESSION_KEYRING)");
}

// /proc is the container's by now.
UniqueFd open_own_attribute(const char* name) {
    const UniqueFd proc = procfs::open_root();
    const std::string path = std::to_string(getpid()) + "/attr/" + name;
    return proc ? procfs::open_file(proc, path.c_str()) : UniqueFd{};
}

// Contexts are written with their final zero byte.
Status set_selinux_context(const plan::Security& security, const char* name, const std::string& context) {
    if (context.empty())
        return {};
    const UniqueFd attribute = open_own_attribute(name);
    if (!attribute)
        return at(syscall_failure("selinux", "open", std::string("/proc/self/attr/") + name),
                  security.selinuxOrigin);
    if (!procfs::write_all(attribute, context.c_str(), context.size() + 1))
        return at(syscall_failure("selinux", "write", context), security.selinuxOrigin);
    return {};
}

Status set_apparmor_profile(const std::string& profile) {
    if (profile.empty())
        return {};
    UniqueFd attribute = open_own_attribute("apparmor/exec");
    if (!attribute && errno == ENOENT)
        attribute = open_own_attribute("exec"); // kernels before 5.1
    if (!attribute)
        return syscall_failure("apparmor", "open", "/proc/self/attr/exec");
    const std::string word = "exec " + profile;
    if (procfs::write_all(attribute, word.data(), word.size()))
        return {};
    return syscall_failure("apparmor", "write", profile);
}

using Capabilities = std::unique_ptr<_cap_struct, int (*)(void*)>;

Result<Capabilities> kept_capabilities(const plan::StartPlan& plan) {
    Capabilities kept{cap_init(), cap_free};
    if (!kept)
        return syscall_failure("capabilities", "cap_init");
    for (const auto& name : plan.security.capabilities) {
        cap_value_t value = 0;
        if (cap_from_name(("cap_" + name).c_str(), &value) != 0)
            return refusal("capabilities", "unknown-capability", name);
        cap_set_flag(kept.get(), CAP_PERMITTED, 1, &value, CAP_SET);
        cap_set_flag(kept.get(), CAP_EFFECTIVE, 1, &value, CAP_SET);
    }
    return kept;
}

Status drop_bounding_set(cap_t kept) {
    for (cap_value_t value = 0; value < cap_max_bits(); ++value) {
        cap_flag_value_t keep = CAP_CLEAR;
        cap_get_flag(kept, value, CAP_PERMITTED, &keep);
        if (keep == CAP_SET || cap_get_bound(value) != 1)
            continue;
        if (cap_drop_bound(value) != 0)
            return syscall_failure("capabilities", "prctl(PR_CAPBSET_DROP)");
    }
    return {};
}

// A rule that notifies needs somebody to listen: the monitor gets the descriptor for it, and nobody else.
Status load_filter(const Filter& filter) {
    const UniqueFd& memfd = filter.program;
    if (!memfd)
        return {};
    struct stat size {};
    if (fstat(memfd.get(), &size) != 0)
        return syscall_failure("seccomp", "fstat");
    std::vector<sock_filter> code(static_cast<size_t>(size.st_size) / sizeof(sock_filter));
    const auto bytes = static_cast<ssize_t>(code.size() * sizeof(sock_filter));
    if (code.empty() || pread(memfd.get(), code.data(), bytes, 0) != bytes)
        return syscall_failure("seccomp", "pread");
    const sock_fprog program{.len = static_cast<unsigned short>(code.size()), .filter = code.data()};
    const unsigned flags = filter.listeners ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0;
    const long listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
    if (listener < 0)
        return syscall_failure("seccomp", "seccomp(SECCOMP_SET_MODE_FILTER)");
    if (!filter.listeners)
        return {};
    // Closed by exec, as the socket is.
    if (!send_descriptor(filter.listeners.get(), static_cast<int>(listener)))
        return syscall_failure("seccomp", "sendmsg");
    return {};
}

// Groups first: they can no longer be changed once the uid is another.
Status become_user(const plan::Init& init) {
    const auto uid = static_cast<uid_t>(init.uid);
    const auto gid = static_cast<gid_t>(init.gid);
    const std::vector<gid_t> groups(init.groups.begin(), init.groups.end());
    if (setgroups(groups.size(), groups.data()) != 0)
        return at(syscall_failure("credentials", "setgroups"), init.origin);
    if (setresgid(gid, gid, gid) != 0)
        return at(syscall_failure("credentials", "setresgid"), init.origin);
    if (setresuid(uid, uid, uid) != 0)
        return at(syscall_failure("credentials", "setresuid"), init.origin);
    return {};
}

// Permitted and effective: what is kept, as far as the change of user left it; inheritable and ambient:
// nothing.
Status set_capabilities(cap_t kept) {
    const Capabilities now{cap_get_proc(), cap_free};
    if (!now)
        return syscall_failure("capabilities", "capget");
    for (cap_value_t value = 0; value < cap_max_bits(); ++value) {
        cap_flag_value_t has = CAP_CLEAR;
        cap_get_flag(now.get(), value, CAP_PERMITTED, &has);
        if (has == CAP_SET)
            continue;
        cap_set_flag(kept, CAP_PERMITTED, 1, &value, CAP_CLEAR);
        cap_set_flag(kept, CAP_EFFECTIVE, 1, &value, CAP_CLEAR);
    }
    if (cap_reset_ambient() != 0)
        return syscall_failure("capabilities", "prctl(PR_CAP_AMBIENT_CLEAR_ALL)");
    if (cap_set_proc(kept) != 0)
        return syscall_failure("capabilities", "capset");
    return {};
}

} // namespace

Status restrict_child(const plan::StartPlan& plan, const Filter& filter) {
    const Capabilities kept = TRY(kept_capabilities(plan));
    TRY(set_selinux_context(plan.security, "keycreate", plan.security.keyringContext));
    if (plan.security.newKeyring)
        TRY(join_session_keyring());
    TRY(set_selinux_context(plan.security, "exec", plan.security.selinuxContext));
    TRY(set_apparmor_profile(plan.security.apparmorProfile));
    TRY(drop_bounding_set(kept.get()));
    if (plan.security.noNewPrivileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return syscall_failure("security", "prctl(PR_SET_NO_NEW_PRIVS)");
    TRY(load_filter(filter));
    TRY(become_user(plan.init));
    return set_capabilities(kept.get());
}

} // namespace tlxc::security
