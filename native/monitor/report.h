// What the monitor says to whoever started it, on descriptor 4: JSON lines (src/monitor/protocol.ts,
// StartMessage).
#pragma once
#include <sys/types.h>

#include <string>

#include "common/result.h"
#include "common/unique_fd.h"

namespace tlxc {

class Report {
  public:
    explicit Report(UniqueFd fd) : fd_(std::move(fd)) {}
    void warning(const Failure& failure); // of what does not stop the start
    // The last word; gives the descriptor away.
    [[nodiscard]] UniqueFd running(pid_t initPid, pid_t monitorPid);
    void failed(const Failure& failure); // the last word: closes the descriptor
    [[nodiscard]] bool is_heard() const; // whoever began the start still listens
    [[nodiscard]] int fd() const { return fd_.get(); }

  private:
    void tell(const char* kind, const Failure& failure);
    void line(const std::string& json);
    UniqueFd fd_; // -1 during a reboot: nobody listens any more
};

} // namespace tlxc
