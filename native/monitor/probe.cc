#include "monitor/probe.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "common/deadline.h"
#include "common/syscalls.h"
#include "monitor/entrance.h"
#include "monitor/utf8.h"

namespace tlxc::probe {
namespace {

// With the exit code no more than a page: a pipe has that at least, and nobody reads before our end.
constexpr size_t kKept = 4096 - sizeof(int);
constexpr int kDyingMs = 2000;
constexpr int kRounds = 5;      // processes may be born while their session is killed
constexpr int kMostReads = 256; // of what is left in the pipe at the end

// What the monitor holds (its lock, its clients, other containers' ends of pipes) is none of ours.
void close_others(const Order& order) {
    std::vector<int> kept{STDERR_FILENO, order.running.initPidfd.get(), order.running.seccomp.get(),
                          order.listeners, order.report};
    std::ranges::sort(kept);
    for (size_t i = 0; i < kept.size(); ++i) {
        const unsigned first = static_cast<unsigned>(std::max(kept[i], STDERR_FILENO)) + 1;
        const unsigned last = i + 1 < kept.size() ? static_cast<unsigned>(kept[i + 1]) - 1 : ~0U;
        if (kept[i] >= STDERR_FILENO && first <= last)
            syscall(SYS_close_range, first, last, 0);
    }
}

// The session of a process, by field 6 of its line; its name may hold blanks and parentheses.
pid_t session_of(const char* name) {
    const UniqueFd file{open(("/proc/" + std::string(name) + "/stat").c_str(), O_RDONLY | O_CLOEXEC)};
    char text[1024];
    const ssize_t size = file ? read(file.get(), text, sizeof text - 1) : -1;
    if (size <= 0)
        return -1;
    text[size] = '\0';
    const char* rest = strrchr(text, ')');
    int session = -1;
    char state = 0;
    if (rest == nullptr || sscanf(rest + 1, " %c %*d %*d %d", &state, &session) != 2 || state == 'Z')
        return -1;
    return session;
}

// Those of the session that have left the command's process group. While its leader is not reaped, its number
// is nobody else's. False: there were none.
bool kill_members(pid_t leader) {
    DIR* const all = opendir("/proc");
    if (all == nullptr)
        return false;
    bool found = false;
    while (const dirent* entry = readdir(all)) {
        const pid_t pid = atoi(entry->d_name);
        if (pid <= 0 || pid == leader)
            continue;
        const UniqueFd pidfd{session_of(entry->d_name) == leader ? sys::pidfd_open(pid) : -1};
        // Looked at again: the number may have become another process's before it was held.
        if (pidfd && session_of(entry->d_name) == leader && sys::pidfd_send_signal(pidfd.get(), SIGKILL) == 0)
            found = true;
    }
    closedir(all);
    return found;
}

void kill_session(pid_t leader) {
    for (int round = 0; round < kRounds; ++round) {
        kill(-leader, SIGKILL);
        kill(leader, SIGKILL);
        if (!kill_members(leader))
            return;
    }
}

class Probe {
  public:
    explicit Probe(const Order& order) : order_(order) {}
    [[nodiscard]] Outcome run();

  private:
    [[nodiscard]] Status begin();
    void follow();
    [[nodiscard]] bool read_some();
    [[nodiscard]] int reap() const;

    const Order& order_;
    UniqueFd signals_, output_, pidfd_;
    pid_t pid_ = -1;
    std::string text_;
};

Status Probe::begin() {
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM); // blocked, as all are in the monitor
    signals_.reset(signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK));
    int in[2];
    int out[2];
    if (!signals_ || pipe2(in, O_CLOEXEC) != 0)
        return syscall_failure("health", "pipe2");
    const UniqueFd input{in[0]};
    close(in[1]); // there is nothing to be read
    if (pipe2(out, O_CLOEXEC) != 0)
        return syscall_failure("health", "pipe2");
    output_.reset(out[0]);
    const UniqueFd theirs{out[1]};
    fcntl(output_.get(), F_SETFL, O_NONBLOCK);
    Entrance entrance{order_.plan, order_.running, order_.listeners};
    pid_ = TRY(entrance.start(input.get(), theirs.get()));
    pidfd_.reset(sys::pidfd_open(pid_));
    return {};
}

// False: nothing is there now, or nothing comes any more.
bool Probe::read_some() {
    char part[4096];
    const ssize_t size = read(output_.get(), part, sizeof part);
    if (size <= 0)
        return false;
    text_.append(part, static_cast<size_t>(size));
    if (text_.size() > 2 * kKept)
        text_.erase(0, text_.size() - kKept);
    return true;
}

// Until the command has ended or has to. Its children may keep the pipe open: nobody waits for them.
void Probe::follow() {
    pollfd all[] = {{signals_.get(), POLLIN, 0}, {pidfd_.get(), POLLIN, 0}, {output_.get(), POLLIN, 0}};
    while (poll(all, 3, -1) > 0) {
        if (all[0].revents != 0)
            return kill_session(pid_);
        if (all[1].revents != 0)
            break;
        if (all[2].revents != 0 && !read_some())
            all[2].fd = -1;
    }
    kill(-pid_, SIGKILL);
}

int Probe::reap() const {
    pollfd ended{pidfd_.get(), POLLIN, 0};
    int status = 0;
    // What waits for a disk dies later: the monitor reaps it.
    if (poll(&ended, 1, kDyingMs) <= 0 || waitpid(pid_, &status, 0) != pid_)
        return 128 + SIGKILL;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Outcome Probe::run() {
    const Status begun = begin();
    if (!begun.ok()) {
        const Failure& why = begun.failure();
        const std::string words = why.err != 0 ? strerrordesc_np(why.err) : why.detail;
        return {.output = why.step + ": " + why.syscall + ": " + words};
    }
    if (pidfd_)
        follow();
    else
        kill_session(pid_);
    for (int i = 0; i < kMostReads && read_some(); ++i)
        continue;
    const int exitCode = reap();
    return {.exitCode = exitCode, .output = utf8_tail(text_, kKept)};
}

} // namespace

void run(const Order& order) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != order.monitor)
        _exit(1);
    close_others(order);
    const Outcome outcome = Probe{order}.run();
    std::string message(reinterpret_cast<const char*>(&outcome.exitCode), sizeof outcome.exitCode);
    message += outcome.output;
    (void)!write(order.report, message.data(), message.size());
    _exit(0);
}

Outcome read_outcome(int report) {
    char message[sizeof(int) + kKept];
    const ssize_t size = read(report, message, sizeof message);
    Outcome outcome;
    if (size < static_cast<ssize_t>(sizeof outcome.exitCode))
        return outcome;
    memcpy(&outcome.exitCode, message, sizeof outcome.exitCode);
    outcome.output.assign(message + sizeof outcome.exitCode,
                          static_cast<size_t>(size) - sizeof outcome.exitCode);
    return outcome;
}

} // namespace tlxc::probe
