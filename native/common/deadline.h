// A point on the monotonic clock by which something must have happened.
#pragma once
#include <time.h>

#include <algorithm>
#include <cstdint>

namespace tlxc {

class Deadline {
  public:
    explicit Deadline(int64_t milliseconds) : at_(now() + milliseconds) {}
    // What poll takes: milliseconds left, 0 when the time has come.
    [[nodiscard]] int left() const {
        return static_cast<int>(std::clamp<int64_t>(at_ - now(), 0, INT32_MAX));
    }

  private:
    static int64_t now() {
        timespec time{};
        clock_gettime(CLOCK_MONOTONIC, &time);
        return time.tv_sec * 1000L + time.tv_nsec / 1'000'000;
    }
    int64_t at_;
};

} // namespace tlxc
