// A tlxc-proxy of the monitor's, and the orders it is given.
#pragma once
#include <sys/types.h>

#include <string>

#include "common/deadline.h"
#include "common/forward_order.h"
#include "common/result.h"
#include "common/unique_fd.h"

namespace tlxc {

// The container as a proxy is told of it.
struct ProxyHome {
    int initPidfd = -1; // borrowed
    // CLONE_NEW* that it has of its own, or shares with another than the host, in the order of joining.
    int first = 0, then = 0;
    std::string title; // what ps shows
    std::string oomScore;
};

class Proxy {
  public:
    // Returns when it is at home in the container. paths: it connects to Unix sockets there.
    [[nodiscard]] Status start(const std::string& program, const ProxyHome& home, bool paths);
    [[nodiscard]] bool running() const { return pid_ > 0; }
    [[nodiscard]] pid_t pid() const { return pid_; }
    // It has run long enough to be worth another try.
    [[nodiscard]] bool lasted() const { return proved_.left() == 0; }
    // listener: borrowed; it gets a copy.
    [[nodiscard]] Status carry(const forward::Order& order, int listener);
    // Its part of the listener and all connections are closed when this returns.
    [[nodiscard]] Status drop(uint32_t number);
    // Kills it, and waits until nothing of it is left.
    void end();
    // It has been reaped.
    void forget();

  private:
    [[nodiscard]] Status await_answer();
    [[nodiscard]] Status tell(const forward::Order& order, int listener);

    pid_t pid_ = -1;
    UniqueFd program_; // the one that was first started: it may be replaced while the container runs
    UniqueFd orders_;
    bool lost_ = false; // an answer did not come in time: it is not asked again
    Deadline proved_{0};
};

} // namespace tlxc
