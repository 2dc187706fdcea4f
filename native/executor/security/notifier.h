// Calls that a policy leaves to somebody else (action notify): takes them from the listeners, asks the proxy,
// and gives the answer. One call at a time, as LXC does; nothing here waits, and a proxy that does not answer
// is given up.
//
//   epoll fd() ── listeners' socket          a process that loaded the filter sends its listener
//              ├─ calls ── each listener     while no call is at the proxy
//              ├─ proxy                      while one is
//              └─ timer                      and how long it may stay there
#pragma once
#include <memory>
#include <vector>

#include "executor/security/notify_proxy.h"
#include "plan/plan.gen.h"

namespace tlxc {

class Notifier {
  public:
    [[nodiscard]] static Result<std::unique_ptr<Notifier>> make(const plan::SeccompNotify& plan, pid_t init);
    // Readable when handle has something to do.
    [[nodiscard]] int fd() const { return all_.get(); }
    void handle();
    // A descriptor to which a process sends its listener (common/descriptor.h).
    [[nodiscard]] UniqueFd entrance() const;
    // Connects to the proxy. A failure, when one is configured and is not there.
    [[nodiscard]] Status reach();

  private:
    explicit Notifier(NotifyProxy proxy) : proxy_(std::move(proxy)) {}
    [[nodiscard]] Status open();
    void adopt(UniqueFd listener);
    void next_call();
    void ask(int listener);
    void settle(bool answered);

    NotifyProxy proxy_;
    Notification notification_;
    UniqueFd all_, calls_, timer_;
    UniqueFd entrance_, exit_;
    std::vector<UniqueFd> listeners_;
    int asking_ = -1; // the listener whose call is at the proxy
};

} // namespace tlxc
