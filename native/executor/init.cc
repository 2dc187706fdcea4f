#include "executor/init.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <termios.h>

#include <algorithm>

#include "common/pointers.h"
#include "common/reap.h"
#include "common/sealed_copy.h"
#include "common/syscalls.h"
#include "executor/handshake.h"
#include "executor/hooks.h"
#include "executor/security/security.h"

namespace tlxc::init {
namespace {

constexpr const char* kStep = "init";

Status set_personality(const plan::Init& init) {
    if (init.personality.empty())
        return {};
    const unsigned long domain = init.personality == "linux32" ? PER_LINUX32 : PER_LINUX;
    if (personality(domain) < 0)
        return at(syscall_failure("personality", "personality", init.personality), init.origin);
    return {};
}

// The cookie is inherited by all that init starts.
Status make_core_domain(const plan::Init& init) {
    if (!init.coreScheduling)
        return {};
    if (prctl(PR_SCHED_CORE, PR_SCHED_CORE_CREATE, 0, PR_SCHED_CORE_SCOPE_THREAD_GROUP, 0) != 0)
        return syscall_failure("core scheduling", "prctl(PR_SCHED_CORE)");
    return {};
}

// The container's own null device, and really that one: the host's would be within reach of a chmod from
// inside.
Result<UniqueFd> open_null() {
    UniqueFd null{open("/dev/null", O_RDWR | O_NOCTTY | O_CLOEXEC)};
    if (!null)
        return syscall_failure("standard streams", "open", "/dev/null");
    struct stat status {};
    if (fstat(null.get(), &status) != 0)
        return syscall_failure("standard streams", "fstat", "/dev/null");
    if (!S_ISCHR(status.st_mode) || status.st_rdev != makedev(1, 3))
        return refusal("standard streams", "not the null device", "/dev/null");
    return null;
}

Status set_streams(int peer) {
    UniqueFd null;
    if (peer < 0)
        null = TRY(open_null());
    const int source = peer < 0 ? null.get() : peer;
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (dup2(source, stream) < 0)
            return syscall_failure("standard streams", "dup2");
    if (peer >= 0 && ioctl(STDIN_FILENO, TIOCSCTTY, 0) != 0)
        return syscall_failure("standard streams", "TIOCSCTTY");
    return {};
}

Failure no_directory(const char* syscall, const plan::Init& init) {
    return syscall_failure("init directory", syscall, init.cwd);
}

// The container's root is the root by now, and paths are its own business, but for the links in /proc that
// lead to what a process holds open: the name of the directory may be an image's.
UniqueFd open_directory(int base, const std::string& path) {
    return UniqueFd{sys::openat2(base, path.c_str(), O_PATH | O_DIRECTORY, RESOLVE_NO_MAGICLINKS)};
}

// What is missing of the path is made, one directory in the other.
Result<UniqueFd> make_directory(const plan::Init& init) {
    UniqueFd here = open_directory(AT_FDCWD, "/");
    for (size_t begin = 0; here && begin < init.cwd.size();) {
        const size_t end = std::min(init.cwd.find('/', begin), init.cwd.size());
        const std::string name = init.cwd.substr(begin, end - begin);
        begin = end + 1;
        if (name.empty())
            continue;
        UniqueFd next = open_directory(here.get(), name);
        if (!next && errno == ENOENT) {
            if (mkdirat(here.get(), name.c_str(), 0755) != 0)
                return no_directory("mkdirat", init);
            next = open_directory(here.get(), name);
        }
        here = std::move(next);
    }
    if (!here)
        return no_directory("openat2", init);
    return here;
}

Status enter_directory(const plan::Init& init) {
    const UniqueFd directory = TRY(make_directory(init));
    if (fchdir(directory.get()) != 0)
        return no_directory("fchdir", init);
    return {};
}

// In the process that runs the hooks. Its restriction is init's but for the ids, which a hook may still need;
// and PID 1, which it sees, is not restricted yet: whatever init may do later, nobody traces that.
Status run_restricted(plan::StartPlan plan, const Filter& filter, const std::string& ttys) {
    plan.init.uid = 0;
    plan.init.gid = 0;
    plan.init.groups.clear();
    std::erase(plan.security.capabilities, "sys_ptrace");
    TRY(security::restrict_child(plan, filter));
    std::vector<std::string> extra = plan.hooks.childEnvironment;
    if (!ttys.empty())
        extra.push_back(ttys);
    return hooks::run(plan.hooks.start, "start", plan.hooks.insideEnvironment, extra);
}

} // namespace

Status detach(int keep) {
    for (int signal = 1; signal < NSIG; ++signal)
        ::signal(signal, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    if (sigprocmask(SIG_SETMASK, &none, nullptr) != 0)
        return syscall_failure(kStep, "sigprocmask");
    if (setsid() < 0)
        return syscall_failure(kStep, "setsid");
    umask(0); // what the plan makes has the mode that the plan says
    if ((keep > 3 && close_range(3, static_cast<unsigned>(keep) - 1, 0) != 0) ||
        close_range(static_cast<unsigned>(keep) + 1, ~0U, 0) != 0)
        return syscall_failure(kStep, "close_range");
    return {};
}

Status die_with_monitor(const plan::StartPlan& plan) {
    if (prctl(PR_SET_PDEATHSIG, plan.signals.parentDeath) != 0)
        return syscall_failure(kStep, "prctl");
    return {};
}

Status prepare_process(const plan::StartPlan& plan, int peer) {
    TRY(set_personality(plan.init));
    TRY(make_core_domain(plan.init));
    TRY(set_streams(peer));
    TRY(enter_directory(plan.init));
    umask(0022);
    return {};
}

Status run_start_hooks(const plan::StartPlan& plan, const Filter& filter, const std::string& ttys) {
    if (plan.hooks.start.empty())
        return {};
    auto [ours, theirs] = TRY(handshake::Channel::make());
    const pid_t pid = fork();
    if (pid < 0)
        return syscall_failure("start", "fork");
    if (pid == 0) {
        Status status = run_restricted(plan, filter, ttys);
        if (!status.ok())
            (void)theirs.send(status.failure()).ok();
        else
            (void)theirs.send(handshake::HooksDone{}).ok();
        _exit(status.ok() ? 0 : 1);
    }
    theirs = handshake::Channel(UniqueFd{});
    int64_t patience = 10'000;
    for (const auto& hook : plan.hooks.start)
        patience += hook.timeoutMs;
    auto done = ours.receive<handshake::HooksDone>(Deadline(patience));
    kill(pid, SIGKILL);
    (void)reap_within(pid, kDyingMs);
    if (!done.ok())
        return done.failure();
    return {};
}

Result<UniqueFd> open_image(const plan::Init& init) {
    if (init.program.empty())
        return UniqueFd{};
    return sealed_copy(kStep, init.program);
}

Failure execute(const plan::StartPlan& plan, const UniqueFd& image, const std::string& ttys) {
    const std::vector<char*> argv = pointers(plan.init.argv);
    std::vector<std::string> words = plan.init.environment;
    if (!ttys.empty())
        words.push_back(ttys);
    std::vector<char*> environment = pointers(words);
    if (argv[0] == nullptr)
        return at(refusal(kStep, "no command"), plan.init.origin);
    if (image) {
        syscall(SYS_execveat, image.get(), "", argv.data(), environment.data(), AT_EMPTY_PATH);
        return at(syscall_failure(kStep, "execveat", plan.init.program), plan.init.origin);
    }
    environ = environment.data(); // where execvpe's search finds the container's PATH and not the host's
    execvpe(argv[0], argv.data(), environment.data());
    Failure failure = syscall_failure(kStep, "execve", plan.init.argv[0]);
    if (failure.err == ENOENT && access(argv[0], F_OK) == 0)
        failure.detail = "it is there, but not the interpreter or loader it asks for";
    return at(std::move(failure), plan.init.origin);
}

} // namespace tlxc::init
