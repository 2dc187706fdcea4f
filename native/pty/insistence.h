// Signals that ask a foreground start to end. The first is init's, to heed or not, as LXC has it. One that
// comes when the caller has been told that init goes on ends the container; until then they count as one:
// timeout(1) sends each twice, and a key is easily hit twice.
#pragma once
#include <signal.h>

#include "common/deadline.h"

namespace tlxc::pty {

class Insistence {
  public:
    // Whether this one is not init's any more.
    [[nodiscard]] bool insists(int signal) {
        if (signal != SIGINT && signal != SIGTERM && signal != SIGQUIT)
            return false;
        if (state_ == State::None) {
            state_ = State::Asked;
            tell_ = Deadline{kPatienceMs};
        }
        return state_ == State::Told;
    }
    // What poll takes: milliseconds until the caller is to be told, -1: nothing to tell.
    [[nodiscard]] int left() const { return state_ == State::Asked ? tell_.left() : -1; }
    // Whether the caller is to be told now; true once.
    [[nodiscard]] bool due() {
        if (left() != 0)
            return false;
        state_ = State::Told;
        return true;
    }
    // Another init is asked anew.
    void forget() { state_ = State::None; }

  private:
    static constexpr int kPatienceMs = 1000;
    enum class State { None, Asked, Told };
    State state_ = State::None;
    Deadline tell_{0};
};

} // namespace tlxc::pty
