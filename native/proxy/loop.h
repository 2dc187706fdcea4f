// What the proxy waits for: epoll, and points in time.
#pragma once
#include <sys/epoll.h>

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "common/unique_fd.h"

namespace tlxc::proxy {

// Something that has descriptors in the loop. side: which of its two descriptors an event is about.
class Handler {
  public:
    Handler() = default;
    virtual ~Handler() = default;
    Handler(const Handler&) = delete;
    Handler& operator=(const Handler&) = delete;
    virtual void ready(unsigned side, uint32_t events) = 0;
    // The time that was asked for by wake_at has come.
    virtual void awake() {}

  private:
    friend class Loop;
    bool buried_ = false;
};

class Loop {
  public:
    [[nodiscard]] bool open();
    [[nodiscard]] int fd() const { return epoll_.get(); }
    [[nodiscard]] bool add(int fd, uint32_t events, Handler& handler, unsigned side = 0);
    void change(int fd, uint32_t events, Handler& handler, unsigned side = 0);
    // Before a descriptor is closed that another process has, too: the kernel would go on telling of it.
    void remove(int fd) { epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }

    // awake() is called in so many milliseconds, once.
    void wake_in(int64_t milliseconds, Handler& handler);
    // ready(side 0, no events) is called when the others have had their turn.
    void again(Handler& handler) { again_.push_back(&handler); }
    // Deletes it when nothing speaks of it any more; its descriptors are to be closed by then.
    void bury(std::unique_ptr<Handler> handler);

    // Never returns but when a handler of the loop ends the process.
    [[noreturn]] void run();

    // Milliseconds of the monotonic clock, as of the last event.
    [[nodiscard]] int64_t now() const { return now_; }

  private:
    [[nodiscard]] int patience() const;
    void wake();
    void take_turns();

    UniqueFd epoll_;
    int64_t now_ = 0;
    std::multimap<int64_t, Handler*> times_;
    std::vector<Handler*> again_;
    std::vector<std::unique_ptr<Handler>> buried_;
};

} // namespace tlxc::proxy
