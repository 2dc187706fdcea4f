// Whether what runs in the container is well (tlxc.health.*): a command asks that again and again, in a
// process of its own each time (probe.h). This only keeps the time, counts and judges.
//
//   starting ──success──▶ healthy ──so many failures in a row──▶ unhealthy ──success──▶ healthy
//       └──the same, once the start period is over────────────────▲
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "common/unique_fd.h"
#include "monitor/loop.h"
#include "monitor/probe.h"
#include "plan/plan.gen.h"

namespace tlxc {

class Health {
  public:
    enum class Status { Starting, Healthy, Unhealthy };
    struct Ways {
        std::function<pid_t(int report)> probe; // begins one; -1: that could not be done
        std::function<bool()> frozen;
        std::function<void()> changed;   // the status
        std::function<void()> overdue;   // the time of halt_by is over
        std::function<void(pid_t)> left; // a command whose probe was killed goes on
    };
    Health(Loop& loop, Ways ways) : loop_(loop), ways_(std::move(ways)) {}

    // The container runs.
    void begin(const std::optional<plan::Health>& plan);
    // It has ended, and with it what is asked at the moment.
    void end();
    // The loop's Source::Health.
    void tick();
    // Whether that process was ours.
    [[nodiscard]] bool reaped(pid_t pid);
    // It runs on after it was frozen.
    void thawed();
    // It is not asked any more: it has this time to end.
    void halt_by(int64_t milliseconds);

    // Of the container that runs; "": nobody asks.
    [[nodiscard]] const char* status() const;
    [[nodiscard]] Status judged() const { return status_; }
    // For info, with a comma before it; "" where nobody asks.
    [[nodiscard]] std::string member() const;
    // How long it is known to have been well before it no longer was.
    [[nodiscard]] int64_t well_for_ms() const { return lastSuccessMs_ - wellSinceMs_; }
    // What the last one came to, on one line, for the log.
    [[nodiscard]] std::string last_words() const;

  private:
    enum class Stage { Off, Waiting, Asking, Ending, Halting };
    void arm(int64_t milliseconds);
    void wait_on();
    void ask();
    void judge(bool success);
    void become(Status status);

    Loop& loop_;
    Ways ways_;
    Stage stage_ = Stage::Off;
    Status status_ = Status::Starting;
    std::optional<plan::Health> plan_; // the container's that runs
    int64_t startEndsMs_ = 0;
    UniqueFd timer_;
    pid_t pid_ = -1; // who asks
    UniqueFd report_;
    bool timedOut_ = false;
    int64_t failures_ = 0; // in a row
    bool asked_ = false;   // there is a last outcome
    probe::Outcome last_;
    int64_t endedAtMs_ = 0, changedAtMs_ = 0;     // wall clock
    int64_t wellSinceMs_ = 0, lastSuccessMs_ = 0; // since the host's boot
};

} // namespace tlxc
