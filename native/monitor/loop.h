// What the monitor waits for: epoll, one event at a time, so that no event speaks of a descriptor closed
// meanwhile.
#pragma once
#include <sys/epoll.h>

#include <cstdint>

#include "common/unique_fd.h"

namespace tlxc {

enum class Source : uint32_t {
    Signal,
    Listener,
    Client,
    Console,
    ConsoleViewer,
    ConsolePath,
    Notifier,
    Freezer,
    Health,
    Owner
};

struct LoopEvent {
    Source source;
    int fd;
    uint32_t events;
};

class Loop {
  public:
    [[nodiscard]] bool open();
    [[nodiscard]] bool add(Source source, int fd, uint32_t events = EPOLLIN);
    void change(Source source, int fd, uint32_t events);
    void remove(int fd);
    // The next event; false when timeoutMs (-1: none) ran out.
    [[nodiscard]] bool wait(int timeoutMs, LoopEvent& event);

  private:
    UniqueFd epoll_;
};

} // namespace tlxc
