// How a foreground start comes to an end that its container's init does not come to by itself.
#pragma once
#include <signal.h>

#include <algorithm>

#include "common/deadline.h"

namespace tlxc::pty {

// SIGINT and SIGTERM are init's, to heed or not, as LXC has it. Where init goes on, the caller is told; the
// same signal once more, soon after that, ends the container. Who was told nothing, or comes later, asks
// anew.
class Insistence {
  public:
    // Whether this one is the container's end. Those that come together count as one: timeout(1) sends two.
    [[nodiscard]] bool insists(int signal) {
        if (signal != SIGINT && signal != SIGTERM)
            return false;
        const unsigned bit = 1U << signal;
        if ((told_ & bit) != 0 && lapses_.left() > 0)
            return true;
        if (asked_ == 0)
            tell_ = Deadline{kPatienceMs};
        asked_ |= bit;
        return false;
    }
    // What poll takes: milliseconds until the caller is to be told, -1: nothing to tell.
    [[nodiscard]] int left() const { return asked_ != 0 ? tell_.left() : -1; }
    // It is told, or cannot be: then there is nothing to insist on.
    void told(bool heard) {
        told_ = heard ? asked_ : 0;
        asked_ = 0;
        lapses_ = Deadline{kLapseMs};
    }
    // Another init is asked anew.
    void forget() { asked_ = told_ = 0; }

  private:
    static constexpr int kPatienceMs = 1000, kLapseMs = 10'000;
    unsigned asked_ = 0; // the signals that init was given, a bit each, until the caller is told
    unsigned told_ = 0;  // and those that the caller was told of
    Deadline tell_{0}, lapses_{0};
};

// The caller's terminal was closed, or nobody reads the output any more: init is asked to shut down, and has
// as long for it as tlxc-stop gives.
class HangUp {
  public:
    // True the first time.
    [[nodiscard]] bool begin() {
        const bool first = !begun_;
        if (first)
            ends_ = Deadline{kShutdownMs};
        begun_ = true;
        return first;
    }
    // Milliseconds until the container is to be ended, -1: it is not.
    [[nodiscard]] int left() const { return begun_ && !over_ ? ends_.left() : -1; }
    void over() { over_ = true; }

  private:
    static constexpr int kShutdownMs = 60'000;
    bool begun_ = false, over_ = false;
    Deadline ends_{0};
};

// The sooner of two such times.
[[nodiscard]] inline int sooner(int one, int other) {
    return one < 0 || other < 0 ? std::max(one, other) : std::min(one, other);
}

} // namespace tlxc::pty
