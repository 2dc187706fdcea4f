#include "common/program.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/deadline.h"
#include "common/unique_fd.h"

namespace tlxc {
namespace {

constexpr int kPatienceMs = 10'000;
constexpr size_t kMaxOutput = 4096;

// In the forked process.
[[noreturn]] void become(char* const* argv, int output) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int signal = 1; signal < NSIG; ++signal)
        ::signal(signal, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    const int nothing = open("/dev/null", O_RDWR);
    dup2(nothing, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
    static char* const noEnvironment[] = {nullptr};
    execve(argv[0], argv, noEnvironment);
    _exit(127);
}

// What comes until the pipe is closed; false when the time is up before.
bool read_all(int fd, const Deadline& deadline, std::string& output) {
    char part[512];
    pollfd readable{.fd = fd, .events = POLLIN, .revents = 0};
    while (poll(&readable, 1, deadline.left()) > 0) {
        const ssize_t size = read(fd, part, sizeof part);
        if (size <= 0)
            return true;
        if (output.size() < kMaxOutput)
            output.append(part, static_cast<size_t>(size));
    }
    return false;
}

std::string last_line(std::string text) {
    while (text.ends_with('\n'))
        text.pop_back();
    const size_t start = text.rfind('\n');
    return start == std::string::npos ? text : text.substr(start + 1);
}

} // namespace

Result<std::string> run_program(const char* step, std::vector<std::string> argv) {
    std::vector<char*> words;
    for (auto& word : argv)
        words.push_back(word.data());
    words.push_back(nullptr);
    int pipe[2];
    if (pipe2(pipe, O_CLOEXEC) != 0)
        return syscall_failure(step, "pipe2");
    const UniqueFd reading{pipe[0]};
    UniqueFd writing{pipe[1]};
    const pid_t pid = fork();
    if (pid < 0)
        return syscall_failure(step, "fork");
    if (pid == 0)
        become(words.data(), writing.get());
    writing.reset();
    std::string output;
    const bool done = read_all(reading.get(), Deadline{kPatienceMs}, output);
    if (!done)
        kill(pid, SIGKILL); // not reaped yet: the number is still its own
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (!done)
        return refusal(step, "timeout", argv[0]);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return output;
    std::string words_of_it = last_line(std::move(output));
    if (words_of_it.empty())
        words_of_it = WIFEXITED(status) ? "exit " + std::to_string(WEXITSTATUS(status))
                                        : "signal " + std::to_string(WTERMSIG(status));
    return refusal(step, std::move(words_of_it), argv[0]);
}

} // namespace tlxc
