// Asking monitors: all sockets at once, one deadline, descriptors received (src/monitor/protocol.ts).
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include <cstring>

#include "addon/families.h"
#include "addon/js.h"
#include "addon/peer.h"
#include "addon/readiness.h"
#include "common/unique_fd.h"

namespace tlxc {
namespace {

constexpr size_t kDatagram = 64 * 1024;
constexpr size_t kMaxFds = 16;
// A monitor that runs and has not answered is on a busy machine; it gets this much more. One that is stopped
// or stuck gets nothing: it is to delay no command.
constexpr int kBusyMs = 2000;
// connect on a full backlog cannot be polled for, only tried again.
constexpr int kRetryMs = 5;

struct Conversation {
    std::string socket;
    std::string request;
    UniqueFd fd;
    bool sent = false;
    bool done = false;
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

// Gives up those that will not answer; whether others are left that may.
bool give_up_wedged(std::vector<Conversation>& talks) {
    bool working = false;
    for (auto& talk : talks) {
        if (talk.done)
            continue;
        if (talk.sent && peer_is_working(talk.fd.get()))
            working = true;
        else
            talk.fail("poll", ETIMEDOUT);
    }
    return working;
}

void converse(std::vector<Conversation>& talks, int timeoutMs) {
    long deadline = now_ms() + timeoutMs;
    bool extended = false;
    std::vector<char> buffer(kDatagram);
    for (;;) {
        std::vector<pollfd> polled;
        std::vector<Conversation*> waiting;
        bool retry = false;
        for (auto& talk : talks) {
            if (!talk.done && !talk.sent)
                send_request(talk);
            if (talk.done)
                continue;
            retry = retry || !talk.sent;
            if (!talk.sent)
                continue;
            polled.push_back({talk.fd.get(), POLLIN, 0});
            waiting.push_back(&talk);
        }
        if (waiting.empty() && !retry)
            return;
        const long left = deadline - now_ms();
        if (left <= 0) {
            if (extended || !give_up_wedged(talks))
                break;
            extended = true;
            deadline = now_ms() + kBusyMs;
            continue;
        }
        const int patience = static_cast<int>(retry && left > kRetryMs ? kRetryMs : left);
        if (::poll(polled.data(), polled.size(), patience) <= 0)
            continue;
        for (size_t i = 0; i < polled.size(); ++i)
            if (polled[i].revents != 0)
                receive_reply(*waiting[i], buffer);
    }
    for (auto& talk : talks)
        if (!talk.done)
            talk.fail("poll", ETIMEDOUT);
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
