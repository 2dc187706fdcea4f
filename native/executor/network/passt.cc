#include "executor/network/passt.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/if_ether.h>
#include <net/if_arp.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <vector>

#include "common/reap.h"
#include "common/title.h"
#include "executor/network/frames.h"

namespace tlxc {
namespace {

constexpr int kPatienceMs = 10'000;
constexpr int64_t kProvedMs = 1'000; // it has run long enough to be worth another try
constexpr size_t kWords = 4096;
constexpr int kStream = 3; // where passt finds its frames
constexpr int kQueue = 1024 * 1024;
// Locally administered: the container's own interface tells passt of its own with its first frame.
constexpr std::array<uint8_t, 6> kAsker = {0x02, 0, 0, 0, 0, 0x01};

// In a forked process, of which nothing is left when the monitor is gone.
void die_with(pid_t monitor) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != monitor)
        _exit(0);
    setsid(); // a terminal's signals are not for it
}

[[noreturn]] void become(char* const* argv, int stream, int words) {
    for (int signal = 1; signal < NSIG; ++signal)
        ::signal(signal, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    const int kept = fcntl(words, F_DUPFD_CLOEXEC, kStream + 1);
    const int ours = fcntl(stream, F_DUPFD_CLOEXEC, kStream + 1);
    if (nothing >= 0 && kept >= 0 && ours >= 0 && dup2(nothing, STDIN_FILENO) >= 0 &&
        dup2(nothing, STDOUT_FILENO) >= 0 && dup2(kept, STDERR_FILENO) >= 0 && dup2(ours, kStream) >= 0) {
        close_range(kStream + 1, ~0U, CLOSE_RANGE_CLOEXEC);
        static char* const noEnvironment[] = {nullptr};
        execve(argv[0], argv, noEnvironment);
    }
    dprintf(kept, "%s\n", strerror(errno));
    _exit(127);
}

// Writing beyond it fails; nobody reads it before the end.
Result<UniqueFd> bounded_memory() {
    UniqueFd memory{memfd_create("passt", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (!memory || ftruncate(memory.get(), kWords) != 0 ||
        fcntl(memory.get(), F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) != 0)
        return syscall_failure("network", "memfd_create");
    return memory;
}

// "Who has the gateway?": passt answers for every address but the container's own.
std::array<uint8_t, frames::kHeader + 42> arp_request(const Passt::Question& question) {
    std::array<uint8_t, frames::kHeader + 42> message{};
    const std::array<uint8_t, 10> kind = {0x08, 0x06, 0, ARPHRD_ETHER, 0x08, 0x00, 6, 4, 0, ARPOP_REQUEST};
    uint8_t* at = message.data();
    const auto put = [&at](const uint8_t* bytes, size_t size) {
        memcpy(at, bytes, size);
        at += size;
    };
    const std::array<uint8_t, frames::kHeader> length = {0, 0, 0, 42};
    const std::array<uint8_t, 6> everybody = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, unknown{};
    put(length.data(), length.size());
    put(everybody.data(), everybody.size());
    put(kAsker.data(), kAsker.size());
    put(kind.data(), kind.size());
    put(kAsker.data(), kAsker.size());
    put(question.own.bytes.data(), 4);
    put(unknown.data(), unknown.size());
    put(question.gateway.bytes.data(), 4);
    return message;
}

// Exactly so many bytes; false: it is gone, or the time is up.
bool read_all(int stream, uint8_t* bytes, size_t size, const Deadline& deadline) {
    pollfd readable{.fd = stream, .events = POLLIN, .revents = 0};
    while (size > 0) {
        if (poll(&readable, 1, deadline.left()) <= 0)
            return false;
        const ssize_t got = read(stream, bytes, size);
        if (got == 0 || (got < 0 && errno != EAGAIN))
            return false;
        if (got > 0) {
            bytes += got;
            size -= static_cast<size_t>(got);
        }
    }
    return true;
}

void kill_and_reap(pid_t& pid) {
    if (pid > 0) {
        kill(pid, SIGKILL); // our child, not reaped yet
        (void)reap_within(pid, kDyingMs);
    }
    pid = -1;
}

} // namespace

Status Passt::start(const Question& question) {
    TRY(begin());
    TRY(ask(question));
    return carry();
}

Status Passt::begin() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return syscall_failure("network", "socketpair");
    stream_.reset(ends[0]);
    UniqueFd theirs{ends[1]};
    for (const int end : ends)
        setsockopt(end, SOL_SOCKET, SO_SNDBUF, &kQueue, sizeof kQueue); // as much as the host grants
    if (fcntl(stream_.get(), F_SETFL, O_NONBLOCK) != 0)
        return syscall_failure("network", "fcntl");
    words_ = TRY(bounded_memory());
    std::string number = std::to_string(kStream);
    std::vector<char*> argv{plan_.program.data(), const_cast<char*>("--fd"), number.data()};
    for (std::string& argument : plan_.arguments)
        argv.push_back(argument.data());
    argv.push_back(nullptr);
    const pid_t monitor = getpid();
    proved_ = Deadline{kProvedMs};
    passt_ = fork();
    if (passt_ == 0) {
        die_with(monitor);
        become(argv.data(), theirs.get(), words_.get());
    }
    return passt_ > 0 ? Status{} : Status{syscall_failure("network", "fork")};
}

Status Passt::ask(const Question& question) {
    const auto request = arp_request(question);
    std::array<uint8_t, request.size()> answer{};
    const Deadline deadline{kPatienceMs};
    if (send(stream_.get(), request.data(), request.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(request.size()) &&
        read_all(stream_.get(), answer.data(), answer.size(), deadline))
        return {};
    kill_and_reap(passt_);
    const std::string words = last_words();
    return failure(!words.empty() ? words : deadline.left() > 0 ? "passt-ended" : "timeout");
}

Status Passt::carry() {
    const pid_t monitor = getpid();
    carrier_ = fork();
    if (carrier_ == 0) {
        die_with(monitor);
        title::show_role("network");
        frames::carry(tap_.get(), stream_.get());
    }
    stream_.reset(); // so that passt hears when that ends
    return carrier_ > 0 ? Status{} : Status{syscall_failure("network", "fork")};
}

Status Passt::reaped(pid_t pid, int status) {
    const bool interfaceGone = pid == carrier_ && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    (pid == carrier_ ? carrier_ : passt_) = -1;
    end();
    if (interfaceGone)
        return {};
    if (proved_.left() > 0)
        return failure(last_words().empty() ? "passt-ended" : last_words());
    Status anew = begin();
    return anew.ok() ? carry() : anew;
}

void Passt::end() {
    kill_and_reap(carrier_);
    kill_and_reap(passt_);
}

Failure Passt::failure(std::string detail) const {
    Failure failed = refusal("network", std::move(detail), plan_.program);
    failed.syscall = "passt";
    return at(std::move(failed), origin_);
}

// The last line that it printed.
std::string Passt::last_words() const {
    std::string text(kWords, '\0');
    if (!words_ || pread(words_.get(), text.data(), text.size(), 0) < 0)
        return {};
    text.resize(strnlen(text.data(), text.size()));
    while (text.ends_with('\n'))
        text.pop_back();
    const size_t start = text.rfind('\n');
    return start == std::string::npos ? text : text.substr(start + 1);
}

} // namespace tlxc
