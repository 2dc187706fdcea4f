#include "executor/hooks.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

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
    int output; // takes what it prints; -1: that goes where ours goes
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
    if (command.output >= 0) {
        dup2(command.output, STDOUT_FILENO);
        dup2(command.output, STDERR_FILENO);
    }
    syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
    execve(command.argv[0], command.argv.data(), command.environment.data());
    const int error = errno;
    (void)!write(command.report, &error, sizeof error);
    _exit(127);
}

constexpr int kChunks = 16;
constexpr size_t kWords = 400; // of a failed hook's, the last: what went wrong is said at the end

// What a hook prints goes where ours goes (nowhere, a log, the container's console), and its end is kept. A
// hook that leaves processes behind which go on printing has to send that elsewhere, or they end by SIGPIPE;
// LXC waits for them.
class Output {
  public:
    Output() {
        int ends[2];
        if (is_read() || pipe2(ends, O_CLOEXEC) != 0)
            return;
        read_.reset(ends[0]);
        write_.reset(ends[1]);
        fcntl(read_.get(), F_SETFL, O_NONBLOCK);
    }
    [[nodiscard]] int read_end() const { return read_.get(); }
    [[nodiscard]] int write_end() const { return write_.get(); }
    void begun() { write_.reset(); }

    // Takes what there is, as much as a pipe holds: who writes on and on must not keep us from the deadline.
    // False: nobody can write any more.
    bool take() {
        char chunk[4096];
        ssize_t length = -1;
        for (int chunks = 0; chunks < kChunks && (length = read(read_.get(), chunk, sizeof chunk)) > 0;
             ++chunks) {
            (void)!write(STDERR_FILENO, chunk, static_cast<size_t>(length));
            words_.append(chunk, static_cast<size_t>(length));
            if (words_.size() > 2 * kWords)
                words_.erase(0, words_.size() - kWords);
        }
        return length > 0 || (length < 0 && errno == EAGAIN);
    }

    // The hook has ended: what it has printed until then.
    void finish() {
        if (read_)
            (void)take();
    }

    // As a part of the failure's detail, one line.
    [[nodiscard]] std::string last_words() {
        while (!words_.empty() && (words_.back() == '\n' || words_.back() == ' '))
            words_.pop_back();
        if (words_.size() > kWords)
            words_.erase(0, words_.size() - kWords);
        const size_t third = from_end(3);
        words_.erase(0, third);
        std::replace_if(
            words_.begin(), words_.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
        return words_.empty() ? "" : ": " + words_;
    }

  private:
    // Ours goes to somebody who reads it as it comes: on a terminal, or behind a pipe, which could keep us
    // waiting.
    static bool is_read() {
        struct stat there {};
        return isatty(STDERR_FILENO) == 1 ||
               (fstat(STDERR_FILENO, &there) == 0 && (S_ISFIFO(there.st_mode) || S_ISSOCK(there.st_mode)));
    }

    // Where the last so many lines begin.
    [[nodiscard]] size_t from_end(int lines) const {
        size_t at = words_.size();
        while (lines-- > 0 && at != 0) {
            at = words_.rfind('\n', at - 1);
            if (at == std::string::npos)
                return 0;
        }
        return at == 0 ? 0 : at + 1;
    }

    UniqueFd read_, write_;
    std::string words_;
};

Status failed(Failure failure, const plan::Hook& hook) {
    failure.path = hook.argv.empty() ? "" : hook.argv[0];
    return at(std::move(failure), hook.origin);
}

// Until the hook ends or its time is up, what it prints is taken, so that it need not wait for us.
void listen(pid_t pid, Output& output, const Deadline& deadline) {
    const UniqueFd pidfd{static_cast<int>(syscall(SYS_pidfd_open, pid, 0))};
    pollfd both[] = {{.fd = pidfd.get(), .events = POLLIN, .revents = 0},
                     {.fd = output.read_end(), .events = POLLIN, .revents = 0}};
    while (pidfd && deadline.left() > 0) {
        if (poll(both, std::size(both), deadline.left()) <= 0 || both[0].revents != 0)
            return;
        if (both[1].revents != 0 && !output.take())
            both[1].fd = -1;
    }
}

// Waits for the hook, ends it when its time is up, and reaps it.
Status await(pid_t pid, const UniqueFd& report, const std::string& step, const plan::Hook& hook,
             Output& output) {
    const Deadline deadline{hook.timeoutMs};
    if (output.read_end() >= 0)
        listen(pid, output, deadline);
    const std::optional<int> ended = reap_within(pid, deadline.left());
    if (!ended) {
        kill(-pid, SIGKILL); // not reaped yet: the number is still ours
        (void)reap_within(pid, kDyingMs);
        output.finish();
        return failed(refusal(step.c_str(), "timeout" + output.last_words()), hook);
    }
    output.finish();
    const int status = *ended;
    int error = 0;
    if (read(report.get(), &error, sizeof error) == sizeof error) {
        errno = error;
        return failed(syscall_failure(step.c_str(), "execve"), hook);
    }
    if (status == 0)
        return {};
    const std::string how = WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                                                : "exit " + std::to_string(WEXITSTATUS(status));
    return failed(refusal(step.c_str(), how + output.last_words()), hook);
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

    Output output;
    const Command command{pointers(argv), pointers(environment), inputRead.get(), reportWrite.get(),
                          output.write_end()};
    const pid_t pid = fork();
    if (pid < 0)
        return failed(syscall_failure(step.c_str(), "fork"), hook);
    if (pid == 0)
        become(command);
    setpgid(pid, pid); // also here: whoever comes first, the group exists before it may have to be killed
    inputWrite.reset();
    reportWrite.reset();
    output.begun();
    return await(pid, reportRead, step, hook, output);
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
