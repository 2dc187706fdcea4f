#include "monitor/probe.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
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

// With what goes before it no more than a page: a pipe has that at least, and nobody reads before our end.
constexpr size_t kKept = 4096 - sizeof(pid_t) - sizeof(int);
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

std::string of_process(pid_t pid, const char* file) {
    return "/proc/" + std::to_string(pid) + "/" + file;
}

// Whether it is in that PID namespace.
bool is_in(pid_t pid, const struct stat& home) {
    struct stat its {};
    return stat(of_process(pid, "ns/pid").c_str(), &its) == 0 && its.st_ino == home.st_ino &&
           its.st_dev == home.st_dev;
}

// The session of a process, by field 6 of its line; its name may hold blanks and parentheses.
pid_t session_of(pid_t pid) {
    const UniqueFd file{open(of_process(pid, "stat").c_str(), O_RDONLY | O_CLOEXEC)};
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

// False: there were none.
template <typename IsMeant> bool kill_each(IsMeant is_meant) {
    DIR* const all = opendir("/proc");
    if (all == nullptr)
        return false;
    bool found = false;
    while (const dirent* entry = readdir(all)) {
        const pid_t pid = atoi(entry->d_name);
        if (pid <= 0)
            continue;
        const UniqueFd pidfd{is_meant(pid) ? sys::pidfd_open(pid) : -1};
        // Looked at again: the number may have become another process's before it was held.
        if (pidfd && is_meant(pid) && sys::pidfd_send_signal(pidfd.get(), SIGKILL) == 0)
            found = true;
    }
    closedir(all);
    return found;
}

// Its process group, and those that have left that. While the leader is not reaped, its number is nobody
// else's.
void kill_session(pid_t leader) {
    for (int round = 0; round < kRounds; ++round) {
        kill(-leader, SIGKILL);
        kill(leader, SIGKILL);
        if (!kill_each([leader](pid_t pid) { return pid != leader && session_of(pid) == leader; }))
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
    const pid_t command = begun.ok() ? pid_ : 0;
    (void)!write(order_.report, &command, sizeof command);
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
    char message[sizeof(pid_t) + sizeof(int) + kKept];
    const ssize_t got = read(report, message, sizeof message);
    const size_t size = got < 0 ? 0 : static_cast<size_t>(got);
    constexpr size_t head = sizeof(pid_t) + sizeof(int);
    Outcome outcome;
    if (size >= sizeof outcome.left)
        memcpy(&outcome.left, message, sizeof outcome.left);
    if (size < head) {
        outcome.output = "the process that asks was killed";
        return outcome;
    }
    outcome.left = 0;
    memcpy(&outcome.exitCode, message + sizeof(pid_t), sizeof outcome.exitCode);
    outcome.output.assign(message + head, size - head);
    return outcome;
}

// The leader may be reaped: as long as a process is of its session, its number is no other's, and one that is
// in the container's own PID namespace is none of the host's.
void end_left(pid_t command, pid_t init) {
    struct stat home {};
    if (stat(of_process(init, "ns/pid").c_str(), &home) != 0)
        return;
    const auto is_meant = [&](pid_t pid) { return session_of(pid) == command && is_in(pid, home); };
    for (int round = 0; round < kRounds && kill_each(is_meant); ++round)
        continue;
}

} // namespace tlxc::probe
