// The process that asks once whether what runs in the container is well. It stands outside, a child of the
// monitor's, so that the monitor never waits: it has the command born in the container, keeps the end of what
// that prints, and ends with it. SIGTERM, which comes when the time is over, and at the monitor's death, has
// it kill the command first. Killed itself it leaves the command to the monitor: a parent's death
// (PR_SET_PDEATHSIG) reaches the command alone, not what that has started, and the kernel forgets it when the
// user changes.
#pragma once
#include <sys/types.h>

#include <string>

#include "executor/running.h"

namespace tlxc::probe {

constexpr int kNotRun = -1; // the container could not be entered; the output tells why

struct Outcome {
    int exitCode = kNotRun; // as a shell counts: 128 + the signal
    std::string output;     // the end of it, UTF-8
    pid_t left = 0;         // the command, where who asked was killed and has not ended it
};

struct Order {
    const plan::StartPlan& plan;
    const Running& running;
    int listeners; // of the notifier; -1: none
    int report;    // a pipe: where the outcome goes
    pid_t monitor;
};

// The process's whole life.
[[noreturn]] void run(const Order& order);

// What it wrote, once it has ended.
[[nodiscard]] Outcome read_outcome(int report);

// Kills the session of a command that was left, in the container of that init.
void end_left(pid_t command, pid_t init);

} // namespace tlxc::probe
