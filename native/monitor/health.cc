#include "monitor/health.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/timerfd.h>
#include <time.h>

#include "common/json_writer.h"
#include "common/reap.h"
#include "monitor/process.h"

namespace tlxc {
namespace {

// Who asks has this time to kill the command, and at the container's end to die.
constexpr int64_t kEndingMs = 5000;
constexpr int kReapMs = 1000;
constexpr size_t kWords = 200;

int64_t wall_ms() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1000L + now.tv_nsec / 1'000'000;
}

// For whoever compares it with a configuration that was changed meanwhile.
void write_asked(Json& json, const plan::Health& plan) {
    json.member("command", plan.argv.back());
    json.member("user", plan.user);
    json.member("intervalMs", plan.intervalMs);
    json.member("timeoutMs", plan.timeoutMs);
    json.member("retries", plan.retries);
    json.member("startPeriodMs", plan.startPeriodMs);
    json.member("restarts", plan.endsUnhealthy);
}

} // namespace

void Health::begin(const std::optional<plan::Health>& plan) {
    end();
    if (!plan)
        return;
    timer_.reset(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    (void)loop_.add(Source::Health, timer_.get());
    plan_ = plan;
    startEndsMs_ = process::since_boot_ms() + plan->startPeriodMs;
    status_ = Status::Starting;
    failures_ = 0;
    asked_ = false;
    wellSinceMs_ = lastSuccessMs_ = 0;
    changedAtMs_ = wall_ms();
    wait_on();
}

// What holds nothing of ours and is killed is gone in no time; whoever hears STOPPED must find nothing.
void Health::end() {
    if (pid_ > 0) {
        kill(pid_, SIGKILL);
        (void)reap_within(pid_, kReapMs);
    }
    pid_ = -1;
    report_.reset();
    // A task of the monitor's may have the descriptor, too: closing ours would not take it from the loop.
    if (timer_)
        loop_.remove(timer_.get());
    timer_.reset();
    stage_ = Stage::Off;
    last_ = {};
    plan_.reset();
}

void Health::arm(int64_t milliseconds) {
    const itimerspec once{.it_value = {milliseconds / 1000, milliseconds % 1000 * 1'000'000}};
    timerfd_settime(timer_.get(), 0, &once, nullptr);
}

void Health::wait_on() {
    stage_ = Stage::Waiting;
    const bool starts = status_ == Status::Starting && process::since_boot_ms() < startEndsMs_;
    arm(starts ? plan_->startIntervalMs : plan_->intervalMs);
}

void Health::tick() {
    uint64_t ticks = 0;
    (void)!read(timer_.get(), &ticks, sizeof ticks);
    switch (stage_) {
    case Stage::Waiting:
        return ways_.frozen() ? wait_on() : ask();
    case Stage::Asking:
        if (ways_.frozen())
            return arm(plan_->timeoutMs);
        timedOut_ = true;
        kill(pid_, SIGTERM);
        stage_ = Stage::Ending;
        return arm(kEndingMs);
    case Stage::Ending:
        kill(pid_, SIGKILL);
        return;
    case Stage::Halting:
        return ways_.overdue();
    case Stage::Off:
        return;
    }
}

void Health::ask() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return wait_on();
    report_.reset(ends[0]);
    const UniqueFd theirs{ends[1]};
    timedOut_ = false;
    pid_ = ways_.probe(theirs.get());
    if (pid_ < 0)
        return wait_on(); // the host is short of processes: that says nothing of the container
    stage_ = Stage::Asking;
    arm(plan_->timeoutMs);
}

bool Health::reaped(pid_t pid) {
    if (pid_ < 0 || pid != pid_)
        return false;
    pid_ = -1;
    probe::Outcome outcome = probe::read_outcome(report_.get());
    report_.reset();
    if (outcome.left > 0)
        ways_.left(outcome.left);
    if (!ways_.frozen()) {
        last_ = std::move(outcome);
        asked_ = true;
        endedAtMs_ = wall_ms();
        stage_ = Stage::Waiting;
        judge(last_.exitCode == 0 && !timedOut_);
    }
    if (stage_ != Stage::Halting)
        wait_on();
    return true;
}

void Health::judge(bool success) {
    const int64_t now = process::since_boot_ms();
    if (success) {
        failures_ = 0;
        lastSuccessMs_ = now;
        if (status_ != Status::Healthy) {
            wellSinceMs_ = now;
            become(Status::Healthy);
        }
        return;
    }
    if (status_ == Status::Starting && now < startEndsMs_)
        return;
    if (++failures_ >= plan_->retries && status_ != Status::Unhealthy)
        become(Status::Unhealthy);
}

void Health::become(Status status) {
    status_ = status;
    changedAtMs_ = wall_ms();
    ways_.changed();
}

void Health::thawed() {
    if (stage_ == Stage::Asking)
        arm(plan_->timeoutMs);
}

void Health::halt_by(int64_t milliseconds) {
    stage_ = Stage::Halting;
    arm(milliseconds);
}

const char* Health::status() const {
    if (stage_ == Stage::Off)
        return "";
    switch (status_) {
    case Status::Starting:
        return "starting";
    case Status::Healthy:
        return "healthy";
    case Status::Unhealthy:
        break;
    }
    return "unhealthy";
}

std::string Health::member() const {
    if (stage_ == Stage::Off)
        return {};
    return "," + json_members([this](Json& json) {
               json.Key("health");
               json.object([&] {
                   json.member("status", std::string(status()));
                   json.member("sinceMs", changedAtMs_);
                   json.member("failures", failures_);
                   json.Key("asked");
                   json.object([&] { write_asked(json, *plan_); });
                   json.Key("last");
                   if (!asked_)
                       return void(json.Null());
                   json.object([&] {
                       json.member("exitCode", last_.exitCode);
                       json.member("timedOut", timedOut_);
                       json.member("output", last_.output);
                       json.member("endedAtMs", endedAtMs_);
                   });
               });
           });
}

// The container's words: no character of theirs may do anything in a file that people read.
std::string Health::last_words() const {
    std::string words = timedOut_ ? "timed out" : "exit " + std::to_string(last_.exitCode);
    const size_t end = last_.output.find_last_not_of(" \t\r\n");
    if (end == std::string::npos)
        return words;
    const size_t begin = last_.output.find_last_of("\r\n", end) + 1;
    words += ": ";
    for (const char each : last_.output.substr(begin, std::min(end + 1 - begin, kWords)))
        words += each >= ' ' && each < 0x7f ? each : '?';
    return words;
}

} // namespace tlxc
