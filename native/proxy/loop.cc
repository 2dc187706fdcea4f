#include "proxy/loop.h"

#include <time.h>

#include <algorithm>

namespace tlxc::proxy {
namespace {

constexpr int kEvents = 64;
constexpr uint64_t kSideBit = 1; // handlers lie at even addresses

epoll_event entry(uint32_t events, Handler& handler, unsigned side) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = reinterpret_cast<uintptr_t>(&handler) | (side != 0 ? kSideBit : 0);
    return event;
}

int64_t monotonic() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000L + time.tv_nsec / 1'000'000;
}

} // namespace

bool Loop::open() {
    epoll_.reset(epoll_create1(EPOLL_CLOEXEC));
    now_ = monotonic();
    return static_cast<bool>(epoll_);
}

bool Loop::add(int fd, uint32_t events, Handler& handler, unsigned side) {
    epoll_event event = entry(events, handler, side);
    return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void Loop::change(int fd, uint32_t events, Handler& handler, unsigned side) {
    epoll_event event = entry(events, handler, side);
    epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void Loop::wake_in(int64_t milliseconds, Handler& handler) {
    times_.emplace(now_ + milliseconds, &handler);
}

void Loop::bury(std::unique_ptr<Handler> handler) {
    handler->buried_ = true;
    std::erase_if(times_, [&](const auto& each) { return each.second == handler.get(); });
    std::erase(again_, handler.get());
    buried_.push_back(std::move(handler));
}

int Loop::patience() const {
    if (!again_.empty())
        return 0;
    if (times_.empty())
        return -1;
    return static_cast<int>(std::clamp<int64_t>(times_.begin()->first - now_, 0, INT32_MAX));
}

void Loop::wake() {
    while (!times_.empty() && times_.begin()->first <= now_) {
        Handler* const handler = times_.begin()->second;
        times_.erase(times_.begin());
        handler->awake();
    }
}

void Loop::take_turns() {
    std::vector<Handler*> turns;
    turns.swap(again_);
    for (Handler* const handler : turns)
        if (!handler->buried_)
            handler->ready(0, 0);
}

void Loop::run() {
    epoll_event events[kEvents];
    for (;;) {
        const int count = epoll_wait(epoll_.get(), events, kEvents, patience());
        now_ = monotonic();
        for (int i = 0; i < count; ++i) {
            auto* const handler = reinterpret_cast<Handler*>(events[i].data.u64 & ~kSideBit);
            if (!handler->buried_)
                handler->ready(static_cast<unsigned>(events[i].data.u64 & kSideBit), events[i].events);
        }
        take_turns();
        wake();
        buried_.clear();
    }
}

} // namespace tlxc::proxy
