#include "monitor/loop.h"

#include <cerrno>

namespace tlxc {
namespace {

epoll_event entry(Source source, int fd, uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = static_cast<uint64_t>(source) << 32 | static_cast<uint32_t>(fd);
    return event;
}

} // namespace

bool Loop::open() {
    epoll_.reset(epoll_create1(EPOLL_CLOEXEC));
    return static_cast<bool>(epoll_);
}

bool Loop::add(Source source, int fd, uint32_t events) {
    epoll_event event = entry(source, fd, events);
    return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void Loop::change(Source source, int fd, uint32_t events) {
    epoll_event event = entry(source, fd, events);
    epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void Loop::remove(int fd) {
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

bool Loop::wait(int timeoutMs, LoopEvent& out) {
    epoll_event event{};
    if (epoll_wait(epoll_.get(), &event, 1, timeoutMs) != 1)
        return false; // every signal is blocked: no interruption
    out.source = static_cast<Source>(event.data.u64 >> 32);
    out.fd = static_cast<int>(event.data.u64 & UINT32_MAX);
    out.events = event.events;
    return true;
}

} // namespace tlxc
