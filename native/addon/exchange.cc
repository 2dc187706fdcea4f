// Asking monitors: all sockets at once, one deadline, descriptors received (src/monitor/protocol.ts).
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include <cstring>
#include <utility>

#include "addon/families.h"
#include "addon/js.h"
#include "addon/peer.h"
#include "addon/readiness.h"
#include "common/unique_fd.h"

namespace tlxc {
namespace {

constexpr size_t kDatagram = 64 * 1024;
constexpr size_t kMaxFds = 16;
// A monitor that has not answered may be on a busy machine. What only lacks the processor, or makes progress,
// is waited for; what waits in the kernel for long, or anywhere for longer, is given up, and what is stopped
// at once: it is to delay no command.
constexpr int kBusyMs = 5000;
constexpr int kIdleMs = 2000;
constexpr int kStuckMs = 500;
constexpr int kLookMs = 50;
// connect on a full backlog cannot be polled for, only tried again.
constexpr int kRetryMs = 5;

struct Conversation {
    std::string socket;
    std::string request;
    UniqueFd fd;
    bool sent = false;
    bool done = false;
    PeerStanding peer;     // when it was last looked at, after the time was over
    long progressAtMs = 0; // when that last was another than before
    std::string reply;
    std::vector<int> fds; // received; owned by JavaScript once returned
    Failure failure;

    void fail(const char* syscall, int err) {
        failure = {.step = "monitor", .syscall = syscall, .err = err, .path = socket};
        done = true;
    }
};

long now_ms() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

// A path too long for sockaddr_un is reached through a descriptor of its directory.
int connect_to(int fd, const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    UniqueFd directory;
    std::string reachable = path;
    if (path.size() >= sizeof address.sun_path) {
        const auto slash = path.rfind('/');
        directory.reset(::open(path.substr(0, slash).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (!directory)
            return -1;
        reachable = "/proc/self/fd/" + std::to_string(directory.get()) + path.substr(slash);
        if (reachable.size() >= sizeof address.sun_path) {
            errno = ENAMETOOLONG;
            return -1;
        }
    }
    memcpy(address.sun_path, reachable.c_str(), reachable.size() + 1);
    return ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
}

void send_request(Conversation& talk) {
    if (!talk.fd) {
        talk.fd.reset(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        if (!talk.fd)
            return talk.fail("socket", errno);
    }
    if (connect_to(talk.fd.get(), talk.socket) != 0) {
        if (errno == EAGAIN)
            return;
        return talk.fail("connect", errno);
    }
    if (!peer_is_trusted(talk.fd.get()))
        return talk.fail("connect", EPERM);
    if (::send(talk.fd.get(), talk.request.data(), talk.request.size(), MSG_NOSIGNAL) < 0)
        return talk.fail("send", errno);
    talk.sent = true;
}

void receive_reply(Conversation& talk, std::vector<char>& buffer) {
    const ssize_t whole = ::recv(talk.fd.get(), nullptr, 0, MSG_PEEK | MSG_TRUNC);
    if (whole > static_cast<ssize_t>(buffer.size()))
        buffer.resize(static_cast<size_t>(whole));
    alignas(cmsghdr) char control[CMSG_SPACE(kMaxFds * sizeof(int))];
    iovec data{buffer.data(), buffer.size()};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t size = ::recvmsg(talk.fd.get(), &message, MSG_CMSG_CLOEXEC);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (size < 0)
        return talk.fail("recvmsg", errno);
    if (size == 0)
        return talk.fail("recvmsg", ECONNRESET); // the monitor ended while it was asked
    for (cmsghdr* head = CMSG_FIRSTHDR(&message); head; head = CMSG_NXTHDR(&message, head)) {
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
            continue;
        const size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        talk.fds.resize(count);
        memcpy(talk.fds.data(), CMSG_DATA(head), count * sizeof(int));
    }
    talk.reply.assign(buffer.data(), static_cast<size_t>(size));
    talk.done = true;
}

bool may_answer(Conversation& talk, long now) {
    const PeerStanding before = std::exchange(talk.peer, standing_of_peer(talk.fd.get()));
    const char state = talk.peer.state;
    if (talk.progressAtMs == 0 || state == 'R' || talk.peer.switches != before.switches)
        talk.progressAtMs = now;
    const long idle = now - talk.progressAtMs;
    return state == 'R' || (state == 'S' && idle < kIdleMs) || (state == 'D' && idle < kStuckMs);
}

// TypeScript says what it is that a monitor does instead of answering.
void give_up(Conversation& talk) {
    talk.fail("poll", ETIMEDOUT);
    if (talk.peer.pid != 0)
        talk.failure.detail = std::string{talk.peer.state} + " " + std::to_string(talk.peer.pid);
}

// Gives up those that will not answer; whether others are left that may.
bool give_up_wedged(std::vector<Conversation>& talks, long now) {
    bool working = false;
    for (auto& talk : talks) {
        if (talk.done)
            continue;
        if (talk.sent && may_answer(talk, now))
            working = true;
        else
            give_up(talk);
    }
    return working;
}

// Sends what has not been sent; whether there is one that could not be, for its monitor's backlog is full.
bool send_requests(std::vector<Conversation>& talks) {
    bool retry = false;
    for (auto& talk : talks) {
        if (!talk.done && !talk.sent)
            send_request(talk);
        retry = retry || (!talk.done && !talk.sent);
    }
    return retry;
}

void converse(std::vector<Conversation>& talks, int timeoutMs) {
    long deadline = now_ms() + timeoutMs;
    const long end = deadline + kBusyMs;
    std::vector<char> buffer(kDatagram);
    for (;;) {
        const bool retry = send_requests(talks);
        std::vector<pollfd> polled;
        std::vector<Conversation*> waiting;
        for (auto& talk : talks) {
            if (talk.done || !talk.sent)
                continue;
            polled.push_back({talk.fd.get(), POLLIN, 0});
            waiting.push_back(&talk);
        }
        if (waiting.empty() && !retry)
            return;
        const long now = now_ms();
        if (now >= deadline) {
            if (now >= end || !give_up_wedged(talks, now))
                break;
            deadline = now + kLookMs;
        }
        const long left = deadline - now;
        const int patience = static_cast<int>(retry && left > kRetryMs ? kRetryMs : left);
        if (::poll(polled.data(), polled.size(), patience) <= 0)
            continue;
        for (size_t i = 0; i < polled.size(); ++i)
            if (polled[i].revents != 0 && !waiting[i]->done)
                receive_reply(*waiting[i], buffer);
    }
    for (auto& talk : talks)
        if (!talk.done)
            give_up(talk);
}

Napi::Value exchange(const Napi::CallbackInfo& info) {
    const auto env = info.Env();
    const auto options = info[0].As<Napi::Object>();
    const bool keep = js::flag(options, "keep");
    const auto requests = options.Get("requests").As<Napi::Array>();
    std::vector<Conversation> talks(requests.Length());
    for (uint32_t i = 0; i < requests.Length(); ++i) {
        const auto each = requests.Get(i).As<Napi::Object>();
        talks[i].socket = js::text(each, "socket");
        talks[i].request = js::text(each, "request");
    }
    converse(talks, js::number(options, "timeoutMs"));
    auto answers = Napi::Array::New(env, talks.size());
    for (uint32_t i = 0; i < talks.size(); ++i) {
        auto& talk = talks[i];
        const bool failed = talk.failure.err != 0;
        auto answer = Napi::Object::New(env);
        answer.Set("reply", talk.reply);
        answer.Set("fds", js::list(env, talk.fds));
        // A kept connection is JavaScript's from here on.
        answer.Set("connection", keep && !failed ? talk.fd.release() : -1);
        answer.Set("failure", failed ? js::failure(env, talk.failure) : env.Null());
        answers.Set(i, answer);
    }
    return answers;
}

Napi::Value next_event(const Napi::CallbackInfo& info) {
    const auto options = info[0].As<Napi::Object>();
    const int fd = js::number(options, "connection");
    return when_readable(
        info.Env(), fd, js::number(options, "timeoutMs"), [fd](Napi::Env env, bool ready) -> Napi::Value {
            if (!ready)
                return env.Null();
            std::vector<char> buffer(kDatagram);
            // when_readable has made it non-blocking; a pipe is read alike.
            const ssize_t size = ::read(fd, buffer.data(), buffer.size());
            // An error on the connection is its end: whoever spoke on it is gone.
            return Napi::String::New(env, buffer.data(), size < 0 ? 0 : static_cast<size_t>(size));
        });
}

Napi::Value stop_waiting_for(const Napi::CallbackInfo& info) {
    stop_waiting(js::number(info[0].As<Napi::Object>(), "connection"));
    return info.Env().Undefined();
}

} // namespace

void export_exchange(Napi::Env env, Napi::Object exports) {
    exports.Set("exchange", Napi::Function::New(env, exchange));
    exports.Set("nextEvent", Napi::Function::New(env, next_event));
    exports.Set("stopWaiting", Napi::Function::New(env, stop_waiting_for));
}

} // namespace tlxc
