// A seccomp policy compiled to BPF by libseccomp, or read back from its cache.
#include <fcntl.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <charconv>
#include <cstdio>
#include <memory>

#include "executor/newer_calls.h"
#include "executor/security/security.h"

namespace tlxc::security {
namespace {

using Filter = std::unique_ptr<void, void (*)(void*)>;

Failure failed(const char* call, int result, const std::string& object = {}) {
    errno = -result;
    return syscall_failure("seccomp", call, object);
}

uint32_t action_of(plan::SeccompAction action, int64_t error) {
    switch (action) {
    case plan::SeccompAction::Allow:
        return SCMP_ACT_ALLOW;
    case plan::SeccompAction::Errno:
        return SCMP_ACT_ERRNO(static_cast<uint32_t>(error));
    case plan::SeccompAction::Trap:
        return SCMP_ACT_TRAP;
    case plan::SeccompAction::Log:
        return SCMP_ACT_LOG;
    case plan::SeccompAction::Notify:
        return SCMP_ACT_NOTIFY;
    case plan::SeccompAction::Kill:
        break;
    }
    return SCMP_ACT_KILL_PROCESS;
}

scmp_compare comparison(plan::SeccompOp op) {
    switch (op) {
    case plan::SeccompOp::Ne:
        return SCMP_CMP_NE;
    case plan::SeccompOp::Lt:
        return SCMP_CMP_LT;
    case plan::SeccompOp::Le:
        return SCMP_CMP_LE;
    case plan::SeccompOp::Eq:
        return SCMP_CMP_EQ;
    case plan::SeccompOp::Ge:
        return SCMP_CMP_GE;
    case plan::SeccompOp::Gt:
        return SCMP_CMP_GT;
    case plan::SeccompOp::MaskedEq:
        break;
    }
    return SCMP_CMP_MASKED_EQ;
}

template <typename Number> bool parse(const std::string& text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

bool conditions(const plan::SeccompRule& rule, std::vector<scmp_arg_cmp>& out) {
    for (const auto& argument : rule.arguments) {
        const bool masked = argument.op == plan::SeccompOp::MaskedEq;
        uint64_t value = 0, mask = 0;
        if (!parse(argument.value, value) || (masked && !parse(argument.mask, mask)))
            return false;
        if (argument.index < 0 || argument.index > 5)
            return false;
        out.push_back({.arg = static_cast<unsigned int>(argument.index),
                       .op = comparison(argument.op),
                       .datum_a = masked ? mask : value,
                       .datum_b = masked ? value : 0});
    }
    return true;
}

constexpr int kUnknown = __NR_SCMP_ERROR;

// A number is a call of the native architecture, and so is a name that libseccomp does not know but this
// program does.
int syscall_number(const plan::SeccompRule& rule, bool native) {
    int number = kUnknown;
    if (parse(rule.syscall, number))
        return native ? number : kUnknown;
    number = seccomp_syscall_resolve_name(rule.syscall.c_str());
    if (number != kUnknown || !native)
        return number;
    const int newer = newer_call(rule.syscall);
    return newer < 0 ? kUnknown : newer;
}

// A misspelt name in a deny list would leave the call open: it is said.
void warn_of_unknown(const plan::Seccomp& policy, std::vector<Failure>& warnings) {
    for (const auto& rule : policy.rules)
        if (syscall_number(rule, true) == kUnknown)
            warnings.push_back(at(refusal("seccomp", "unknown-call", rule.syscall), rule.origin));
}

struct FilterRule {
    uint32_t action;
    int number;
    const std::vector<scmp_arg_cmp>& tests;
    bool native;
};

// Where one call stands for many (i386: socketcall, ipc), a filter cannot see their arguments, and libseccomp
// would leave the conditions out. What is allowed under conditions is not allowed there; but for the native
// architecture, whose programs would be left without sockets.
int add_rule(scmp_filter_ctx filter, const FilterRule& rule) {
    const auto count = static_cast<unsigned int>(rule.tests.size());
    if (rule.native || rule.action != SCMP_ACT_ALLOW || count == 0)
        return seccomp_rule_add_array(filter, rule.action, rule.number, count, rule.tests.data());
    const int result =
        seccomp_rule_add_exact_array(filter, rule.action, rule.number, count, rule.tests.data());
    return result == -EINVAL ? 0 : result;
}

// The policy for one architecture. One filter each, merged later: a rule may be meant for a single one of
// them.
Result<Filter> compile_for(const plan::Seccomp& policy, uint32_t arch, const std::string& name) {
    const uint32_t fallback = action_of(policy.defaultAction, policy.defaultErrno);
    const bool native = arch == seccomp_arch_native();
    Filter filter{seccomp_init(fallback), seccomp_release};
    if (!filter)
        return failed("seccomp_init", -EINVAL);
    seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE,
                     2); // a binary tree: hundreds of calls, few comparisons
    if (!native) {
        if (const int result = seccomp_arch_add(filter.get(), arch))
            return failed("seccomp_arch_add", result, name);
        seccomp_arch_remove(filter.get(), SCMP_ARCH_NATIVE);
    }
    for (const auto& rule : policy.rules) {
        if (!rule.arch.empty() && seccomp_arch_resolve_name(rule.arch.c_str()) != arch)
            continue;
        const uint32_t action = action_of(rule.action, rule.errno_);
        const int number = syscall_number(rule, native);
        if (number == kUnknown || action == fallback)
            continue; // libseccomp refuses to repeat the default
        std::vector<scmp_arg_cmp> tests;
        if (!conditions(rule, tests))
            return at(refusal("seccomp", "bad-argument", rule.syscall), rule.origin);
        const int result = add_rule(filter.get(), {action, number, tests, native});
        if (result != 0 && result != -EEXIST)
            return at(failed("seccomp_rule_add", result, rule.syscall), rule.origin);
    }
    return filter;
}

Status compile(const plan::Seccomp& policy, int memfd) {
    Filter all = TRY(compile_for(policy, seccomp_arch_native(), "native"));
    for (const auto& name : policy.architectures) {
        const uint32_t arch = seccomp_arch_resolve_name(name.c_str());
        if (arch == 0)
            return refusal("seccomp", "unknown-architecture", name);
        if (arch == seccomp_arch_native())
            continue;
        Filter one = TRY(compile_for(policy, arch, name));
        const int result = seccomp_merge(all.get(), one.get());
        if (result != 0)
            return failed("seccomp_merge", result, name);
        (void)one.release(); // merged: all owns what it held
    }
    const int result = seccomp_export_bpf(all.get(), memfd);
    if (result != 0)
        return failed("seccomp_export_bpf", result);
    return {};
}

// The directory of the cache, made if need be. Only one that nobody else can write is trusted.
UniqueFd open_cache_directory(const std::string& path) {
    (void)mkdir(path.c_str(), 0700);
    UniqueFd dir{open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    struct stat info {};
    if (!dir || fstat(dir.get(), &info) != 0 || info.st_uid != geteuid() || (info.st_mode & 022) != 0)
        return {};
    return dir;
}

bool copy(int from, int to) {
    char buffer[8 * sizeof(sock_filter) * 64];
    for (off_t at = 0;;) {
        const ssize_t n = pread(from, buffer, sizeof buffer, at);
        if (n <= 0)
            return n == 0;
        if (write(to, buffer, n) != n)
            return false;
        at += n;
    }
}

bool read_cache(int dir, const std::string& name, int memfd) {
    const UniqueFd file{openat(dir, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
    struct stat info {};
    if (!file || fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode))
        return false;
    if (info.st_uid != geteuid() || (info.st_mode & 0777) != 0600)
        return false;
    const bool plausible = info.st_size > 0 && info.st_size % sizeof(sock_filter) == 0 &&
                           info.st_size <= static_cast<off_t>(BPF_MAXINSNS * sizeof(sock_filter));
    return plausible && copy(file.get(), memfd);
}

// A cache that cannot be written is no failure of the start.
void write_cache(int dir, const std::string& name, int memfd) {
    const std::string temporary = name + "." + std::to_string(getpid());
    unlinkat(dir, temporary.c_str(), 0); // left by a process of that number which died in between
    const UniqueFd file{
        openat(dir, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (!file)
        return;
    const bool written = copy(memfd, file.get()) && fsync(file.get()) == 0;
    if (!written || renameat(dir, temporary.c_str(), dir, name.c_str()) != 0)
        unlinkat(dir, temporary.c_str(), 0);
}

} // namespace

Result<UniqueFd> compile_seccomp(const plan::StartPlan& plan, std::vector<Failure>& warnings) {
    if (!plan.security.seccomp)
        return UniqueFd{};
    const plan::Seccomp& policy = *plan.security.seccomp;
    UniqueFd memfd{memfd_create("tlxc-seccomp", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (!memfd)
        return syscall_failure("seccomp", "memfd_create");

    const size_t slash = policy.cache.rfind('/');
    const bool cached = slash != std::string::npos;
    const UniqueFd dir = cached ? open_cache_directory(policy.cache.substr(0, slash)) : UniqueFd{};
    const std::string name = cached ? policy.cache.substr(slash + 1) : "";
    if (!dir || !read_cache(dir.get(), name, memfd.get())) {
        if (ftruncate(memfd.get(), 0) != 0)
            return syscall_failure("seccomp", "ftruncate");
        lseek(memfd.get(), 0, SEEK_SET);
        TRY(compile(policy, memfd.get()));
        warn_of_unknown(policy, warnings);
        if (dir && warnings.empty()) // what is not kept is warned of at the next start as well
            write_cache(dir.get(), name, memfd.get());
    }
    if (fcntl(memfd.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
        return syscall_failure("seccomp", "fcntl(F_ADD_SEALS)");
    return memfd;
}

} // namespace tlxc::security
