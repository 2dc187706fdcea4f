#include "executor/hooks.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "common/pointers.h"
#include "common/reap.h"

namespace tlxc::hooks {
namespace {

std::vector<std::string> joined(const std::vector<std::string>& a, const std::vector<std::string>& b) {
    std::vector<std::string> all = a;
    all.insert(all.end(), b.begin(), b.end());
    return all;
}

struct Command {
    std::vector<char*> argv;
    std::vector<char*> environment;
    int input;  // read end of a pipe without a writer: always at its end, whatever /dev this process sees
    int report; // close-on-exec: takes errno when exec fails
};

// In the forked process. Its own process group, so that a hook that hangs can be killed with all it has
// started.
[[noreturn]] void become(const Command& command) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int signal = 1; signal < NSIG; ++signal)
        ::signal(signal, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    dup2(command.input, STDIN_FILENO);
    syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
    execve(command.argv[0], command.argv.data(), command.environment.data());
    const int error = errno;
    (void)!write(command.report, &error, sizeof error);
    _exit(127);
}

Status failed(Failure failure, const plan::Hook& hook) {
    failure.path = hook.argv.empty() ? "" : hook.argv[0];
    return at(std::move(failure), hook.origin);
}

// Waits for the hook, ends it when its time is up, and reaps it.
Status await(pid_t pid, const UniqueFd& report, const std::string& step, const plan::Hook& hook) {
    const std::optional<int> ended = reap_within(pid, hook.timeoutMs);
    if (!ended) {
        kill(-pid, SIGKILL); // not reaped yet: the number is still ours
        (void)reap_within(pid, kDyingMs);
        return failed(refusal(step.c_str(), "timeout"), hook);
    }
    const int status = *ended;
    int error = 0;
    if (read(report.get(), &error, sizeof error) == sizeof error) {
        errno = error;
        return failed(syscall_failure(step.c_str(), "execve"), hook);
    }
    if (WIFSIGNALED(status))
        return failed(refusal(step.c_str(), "signal " + std::to_string(WTERMSIG(status))), hook);
    if (WEXITSTATUS(status) != 0)
        return failed(refusal(step.c_str(), "exit " + std::to_string(WEXITSTATUS(status))), hook);
    return {};
}

Status run_one(const plan::Hook& hook, const std::string& step, const std::vector<std::string>& environment,
               const std::vector<std::string>& extraArgs) {
    if (hook.argv.empty())
        return failed(refusal(step.c_str(), "empty-command"), hook);
    const std::vector<std::string> argv = joined(hook.argv, extraArgs);
    int input[2], report[2];
    if (pipe2(input, O_CLOEXEC) != 0)
        return failed(syscall_failure(step.c_str(), "pipe2"), hook);
    const UniqueFd inputRead{input[0]};
    UniqueFd inputWrite{input[1]};
    if (pipe2(report, O_CLOEXEC) != 0)
        return failed(syscall_failure(step.c_str(), "pipe2"), hook);
    const UniqueFd reportRead{report[0]};
    UniqueFd reportWrite{report[1]};

    const Command command{pointers(argv), pointers(environment), inputRead.get(), reportWrite.get()};
    const pid_t pid = fork();
    if (pid < 0)
        return failed(syscall_failure(step.c_str(), "fork"), hook);
    if (pid == 0)
        become(command);
    setpgid(pid, pid); // also here: whoever comes first, the group exists before it may have to be killed
    inputWrite.reset();
    reportWrite.reset();
    return await(pid, reportRead, step, hook);
}

} // namespace

Status run(const std::vector<plan::Hook>& hooks, const char* name, const std::vector<std::string>& base,
           const std::vector<std::string>& extra, const std::vector<std::string>& extraArgs) {
    const std::string step = std::string("hook ") + name;
    const std::vector<std::string> environment = joined(base, extra);
    for (const auto& hook : hooks)
        TRY(run_one(hook, step, environment, extraArgs));
    return {};
}

} // namespace tlxc::hooks
