// Processes: starting the monitor, becoming another program, waiting for a child, signalling one process and
// no other.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <unordered_map>

#include "addon/families.h"
#include "addon/js.h"
#include "addon/readiness.h"
#include "common/pointers.h"
#include "common/stdio.h"
#include "common/unique_fd.h"

namespace tlxc {
namespace {

constexpr int kPlanFd = 3;
constexpr int kStatusFd = 4;

// What the child needs, prepared before it exists: it shares our memory and may only make system calls.
struct MonitorStart {
    const char* path;
    char** argv;
    int stdio[3];
    int planFd;
    int statusFd;
};

// Runs in the vfork child; returns errno only when exec did not happen.
int become_monitor(const MonitorStart& start) {
    static char* const noEnvironment[] = {nullptr};
    ::setsid();
    reset_signals(Ignored::reset);
    const int sources[] = {start.stdio[0], start.stdio[1], start.stdio[2], start.planFd, start.statusFd};
    static_assert(kStatusFd == 4 && kPlanFd == 3);
    if (!place_descriptors(sources, 5))
        return errno;
    if (::syscall(SYS_close_range, 5U, ~0U, 0) != 0)
        return errno;
    ::execve(start.path, start.argv, noEnvironment);
    return errno;
}

UniqueFd open_pidfd(pid_t pid) {
    return UniqueFd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
}

Napi::Value spawn_monitor(const Napi::CallbackInfo& info) {
    const auto options = info[0].As<Napi::Object>();
    const auto path = js::text(options, "path");
    const auto argv = js::texts(options, "argv");
    const auto stdio = js::numbers(options, "stdio");
    auto argvPointers = pointers(argv);
    const MonitorStart start{.path = path.c_str(),
                             .argv = argvPointers.data(),
                             .stdio = {stdio.at(0), stdio.at(1), stdio.at(2)},
                             .planFd = js::number(options, "planFd"),
                             .statusFd = js::number(options, "statusFd")};
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    // No handler of Node's may run in the child, which borrows our stack until it has become the monitor.
    pthread_sigmask(SIG_SETMASK, &all, &before);
    // Twice: the monitor is the child of nobody who lives, so that a program which starts containers and goes
    // on need not reap it. Both children borrow our memory and have ended, or become the monitor, when we go
    // on.
    volatile int error = 0;
    volatile pid_t monitor = -1;
    const pid_t between = ::vfork();
    if (between == 0) {
        const pid_t pid = ::vfork();
        if (pid == 0) {
            error = become_monitor(start);
            ::_exit(127);
        }
        monitor = pid;
        if (pid < 0)
            error = errno;
        else if (error != 0)
            ::waitpid(pid, nullptr, 0);
        ::_exit(0);
    }
    const int forkError = errno;
    if (between > 0)
        ::waitpid(between, nullptr, 0);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (between > 0 && error == 0) {
        // Nobody here reaps it: by and by its number could be another's.
        UniqueFd pidfd = open_pidfd(monitor);
        if (!pidfd && errno != ESRCH) {
            const auto failure = syscall_failure("monitor", "pidfd_open", path);
            ::kill(monitor, SIGKILL); // born a moment ago: nobody could end it when it takes too long
            return js::failure(info.Env(), failure);
        }
        auto started = Napi::Object::New(info.Env());
        started.Set("pid", monitor);
        started.Set("pidfd", pidfd.release());
        return started;
    }
    return js::failure(info.Env(), {.step = "monitor",
                                    .syscall = between < 0 || monitor < 0 ? "vfork" : "execve",
                                    .err = between < 0 ? forkError : error,
                                    .path = path});
}

Napi::Value become(const Napi::CallbackInfo& info) {
    const auto options = info[0].As<Napi::Object>();
    const auto path = js::text(options, "path");
    const auto argv = js::texts(options, "argv");
    const auto environment = js::texts(options, "environment");
    auto argvPointers = pointers(argv);
    auto environmentPointers = pointers(environment);
    for (int fd = 0; fd <= 2; ++fd)
        make_inheritable(fd);
    for (const int fd : js::numbers(options, "keep"))
        ::fcntl(fd, F_SETFD, 0);
    // Node ignores these two, and what is ignored stays so across exec.
    ::signal(SIGPIPE, SIG_DFL);
    ::signal(SIGXFSZ, SIG_DFL);
    ::execve(path.c_str(), argvPointers.data(), environmentPointers.data());
    const auto failure = syscall_failure("execve", "execve", path);
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGXFSZ, SIG_IGN);
    return js::failure(info.Env(), failure);
}

Napi::Value ignore_signals(const Napi::CallbackInfo& info) {
    for (const int signal : js::numbers(info[0].As<Napi::Object>(), "signals"))
        ignore_signal(signal);
    return info.Env().Undefined();
}

// The pidfds of children that this thread's event loop waits for.
thread_local std::unordered_map<pid_t, int> awaited;

Napi::Value wait_child(const Napi::CallbackInfo& info) {
    const auto env = info.Env();
    const pid_t pid = js::number(info[0].As<Napi::Object>(), "pid");
    auto pidfd = std::make_shared<UniqueFd>(open_pidfd(pid));
    if (!*pidfd) {
        const auto deferred = Napi::Promise::Deferred::New(env);
        deferred.Reject(Napi::Error::New(env, "pidfd_open: no such child").Value());
        return deferred.Promise();
    }
    const int fd = pidfd->get();
    awaited[pid] = fd;
    return when_readable(env, fd, -1, [pid, pidfd](Napi::Env env, bool) -> Napi::Value {
        awaited.erase(pid);
        int status = 0;
        const bool reaped = ::waitpid(pid, &status, WNOHANG) == pid;
        pidfd->reset();
        return Napi::Number::New(env, reaped ? status : -1);
    });
}

Napi::Value release_child(const Napi::CallbackInfo& info) {
    const pid_t pid = js::number(info[0].As<Napi::Object>(), "pid");
    if (const auto found = awaited.find(pid); found != awaited.end())
        unref_waiting(found->second);
    return info.Env().Undefined();
}

// Field 22 of /proc/PID/stat; "" when there is no such process. The name in field 2 may hold anything, ")"
// included.
std::string start_time_of(pid_t pid) {
    const UniqueFd stat{::open(("/proc/" + std::to_string(pid) + "/stat").c_str(), O_RDONLY | O_CLOEXEC)};
    char text[2048];
    const ssize_t size = stat ? ::read(stat.get(), text, sizeof text - 1) : -1;
    if (size <= 0)
        return {};
    text[size] = '\0';
    char* at = strrchr(text, ')');
    for (int field = 2; at && field < 22; ++field)
        at = strchr(at + 1, ' ');
    if (!at)
        return {};
    return {at + 1, strcspn(at + 1, " ")};
}

Napi::Value signal_process(const Napi::CallbackInfo& info) {
    const auto env = info.Env();
    const auto options = info[0].As<Napi::Object>();
    const pid_t pid = js::number(options, "pid");
    const auto startTime = js::text(options, "startTime");
    const auto path = "/proc/" + std::to_string(pid);
    // The descriptor is taken first: if the times agree afterwards, it is this process that it names.
    const UniqueFd pidfd = open_pidfd(pid);
    if (!pidfd)
        return js::failure(env, syscall_failure("signal", "pidfd_open", path));
    if (start_time_of(pid) != startTime)
        return js::failure(env, {.step = "signal", .syscall = "pidfd_open", .err = ESRCH, .path = path});
    if (::syscall(SYS_pidfd_send_signal, pidfd.get(), js::number(options, "signal"), nullptr, 0) != 0)
        return js::failure(env, syscall_failure("signal", "pidfd_send_signal", path));
    return env.Null();
}

Napi::Value kill_process(const Napi::CallbackInfo& info) {
    const int pidfd = js::number(info[0].As<Napi::Object>(), "pidfd");
    ::syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0); // ESRCH: it has ended
    return info.Env().Undefined();
}

Napi::Value core_scheduling(const Napi::CallbackInfo& info) {
    unsigned long long cookie = 0;
    const bool there = ::prctl(PR_SCHED_CORE, PR_SCHED_CORE_GET, 0, PR_SCHED_CORE_SCOPE_THREAD, &cookie) == 0;
    return Napi::Number::New(info.Env(), there ? 0 : errno);
}

} // namespace

void export_process(Napi::Env env, Napi::Object exports) {
    exports.Set("spawnMonitor", Napi::Function::New(env, spawn_monitor));
    exports.Set("execve", Napi::Function::New(env, become));
    exports.Set("ignoreSignals", Napi::Function::New(env, ignore_signals));
    exports.Set("waitChild", Napi::Function::New(env, wait_child));
    exports.Set("releaseChild", Napi::Function::New(env, release_child));
    exports.Set("coreScheduling", Napi::Function::New(env, core_scheduling));
    exports.Set("killProcess", Napi::Function::New(env, kill_process));
    exports.Set("signalProcess", Napi::Function::New(env, signal_process));
}

} // namespace tlxc
