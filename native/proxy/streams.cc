#include "proxy/streams.h"

#include <errno.h>
#include <sys/socket.h>

namespace tlxc::proxy {
namespace {

constexpr int kAtOnce = 64;  // then it is the others' turn
constexpr int kPauseMs = 50; // without descriptors or memory; who comes meanwhile waits in the queue

bool passes(int error) {
    return error == ECONNABORTED || error == EINTR || error == EPROTO;
}

} // namespace

bool Streams::begin() {
    return around_.loop.add(listener_.get(), EPOLLIN, *this);
}

void Streams::ready(unsigned, uint32_t) {
    for (int count = 0; count < kAtOnce; ++count) {
        if (!around_.budget.take(Stream::kDescriptors))
            return pause();
        UniqueFd client{accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
        if (!client) {
            around_.budget.give_back(Stream::kDescriptors);
            if (errno == EAGAIN)
                return;
            if (passes(errno))
                continue;
            if (errno == EINVAL) // it was shut down, and is about to be dropped
                return around_.loop.remove(listener_.get());
            return pause();
        }
        auto stream = std::make_unique<Stream>(Stream::Surroundings{around_.loop, around_.pipes, *this},
                                               order_, std::move(client));
        Stream& begun = *stream;
        all_.emplace(&begun, std::move(stream));
        begun.begin();
    }
}

void Streams::pause() {
    around_.loop.change(listener_.get(), 0, *this);
    around_.loop.wake_in(kPauseMs, *this);
}

void Streams::awake() {
    around_.loop.change(listener_.get(), EPOLLIN, *this);
}

void Streams::over(Stream& stream) {
    const auto found = all_.find(&stream);
    around_.loop.bury(std::move(found->second));
    all_.erase(found);
    around_.budget.give_back(Stream::kDescriptors);
}

void Streams::end() {
    around_.loop.remove(listener_.get());
    listener_.reset();
    while (!all_.empty())
        all_.begin()->second->abort();
}

} // namespace tlxc::proxy
