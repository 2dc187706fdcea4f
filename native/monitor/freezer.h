// The container frozen, as long as somebody wants it so: a person until the thaw, a client that holds it
// until its connection ends, however it ends. The kernel takes its time to stop processes; the monitor never
// waits for it.
//
//   RUNNING ──freeze──▶ FREEZING ──all stopped──▶ FROZEN ──thaw, last client gone──▶ THAWED, RUNNING
//                          └──out of time, nobody waits any more──────────────────────▲
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "common/deadline.h"
#include "executor/running.h"
#include "monitor/loop.h"
#include "monitor/protocol.h"
#include "monitor/server.h"

namespace tlxc {

class Freezer {
  public:
    using State = protocol::State;
    // places: of the container that runs. announce: tells a change to who watches.
    Freezer(Loop& loop, Server& server, const std::vector<CgroupPlace>& places,
            std::function<void(State)> announce)
        : loop_(loop), server_(server), places_(places), announce_(std::move(announce)) {}

    // Answers at once, and with the outcome when there is one. False: the client does not take the answer.
    [[nodiscard]] bool freeze(Client& client, const protocol::Request& request);
    // "held", with the process whose work needs it frozen, or "frozen-above": by a group that is not the
    // container's.
    [[nodiscard]] Status thaw();
    // The loop's Source::Freezer.
    void tick();
    // A client goes.
    void left(Client& client);
    // The container ends. Who waits is told; the processes are not thawed.
    void end();
    // Running, Freezing or Frozen.
    [[nodiscard]] State state() const;
    // For info: the process whose work needs it frozen, 0: none.
    [[nodiscard]] std::string member() const;

  private:
    void begin(int timeoutMs);
    void settle();
    void look_no_more();
    void refuse(const char* error, int err);
    void run_again();
    void release();

    Loop& loop_;
    Server& server_;
    const std::vector<CgroupPlace>& places_;
    std::function<void(State)> announce_;
    UniqueFd timer_; // while it is being frozen
    Deadline deadline_{0};
    bool kept_ = false; // frozen until it is thawed, whoever is there
};

} // namespace tlxc
