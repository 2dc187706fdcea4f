// How its run ends, and what follows: the next after a reboot, a start again later, or nothing of it.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "executor/cgroup/cgroup.h"
#include "executor/hooks.h"
#include "executor/security/apparmor.h"
#include "monitor/process.h"
#include "monitor/restart.h"
#include "monitor/supervisor.h"

namespace tlxc {

void Supervisor::init_exited(int status) {
    exitStatus_ = status;
    dying_.reset();
    // The kernel ends the init of a PID namespace with SIGHUP when it calls reboot(2) to restart.
    reboot_ = WIFSIGNALED(status) && WTERMSIG(status) == SIGHUP;
    console_.end();
    freezer_.end();
    health_.end();
    if (running_.notifier)
        loop_.remove(running_.notifier->fd());
    lastExit_ = {.status = status, .asked = end_was_asked()};
    lastExit_.unhealthy = unhealthy_ && !lastExit_.asked;
    unhealthy_ = false;
    if (!lastExit_.asked && !last_exit::clean(status))
        lastExit_.oomKills = last_exit::oom_kills(running_.cgroups) - oomKillsBefore_;
    set_state(State::Stopping, true, reboot_);
    process::set_oom_score(oomScore_);
    forwards_.leave();
    running_.network.passt.reset();
    if (!reboot_)
        forwards_.close();
    told_ = teardown::told(running_, getpid(), reboot_ ? "reboot" : "stop");
    stopTask_ = spawn_task([this](const plan::StartPlan& plan) {
        teardown::stop({plan, running_, record_, told_}, log_);
        return true;
    });
    if (stopTask_ < 0)
        stop_task_done();
}

void Supervisor::stop_task_done() {
    stopTask_ = -1;
    left_.clear();
    kept_ = {std::move(running_.cgroups), std::move(running_.devices)};
    running_ = Running{}; // the namespaces go now: a post-stop hook may unmount what they held
    if (hasPostStop_)
        postStopTask_ = spawn_task(
            [this](const plan::StartPlan& plan) { return teardown::post_stop(plan, told_, log_); });
    if (postStopTask_ < 0)
        buried(!hasPostStop_);
}

void Supervisor::buried(bool postStopOk) {
    postStopTask_ = -1;
    reboot_ = reboot_ && postStopOk;
    if (reboot_)
        return restart();
    Result<plan::StartPlan> plan = read_plan();
    buried_ = true;
    finish(plan.ok() ? &plan.value() : nullptr);
}

void Supervisor::restart() {
    set_state(State::Stopped, true, true);
    exitStatus_ = -1;
    askedAtMs_ = kNever;
    ++reboots_;
    oomKillsBefore_ = last_exit::oom_kills(kept_.places);
    Result<plan::StartPlan> plan = read_plan();
    if (!plan.ok())
        return finish(nullptr);
    (void)launch(plan.value()); // a failure has been logged, and is the end
}

// Everything of the container is gone. STOPPED is said last: whoever hears it may start it again at once.
void Supervisor::finish(const plan::StartPlan* plan) {
    journal_->end();   // its writer may be in a group that goes
    forwards_.close(); // those that waited for a reboot that does not come
    if (plan != nullptr)
        conclude(*plan); // whoever finds nobody listening finds this
    server_.close(dir_);
    dir_.remove(kInstance);
    if (!pidFile_.empty())
        unlink(pidFile_.c_str());
    if (plan != nullptr) {
        apparmor::unload(*plan);
        cgroup::remove(*plan, kept_.places, 0); // there where a reboot was to come
        cgroup::remove_monitor(*plan);
        for (const std::string& path : plan->monitor.removeAtEnd)
            unlink(path.c_str());
    }
    dir_.release();
    if (plan != nullptr && has_run())
        run_after_stop(*plan);
    set_state(State::Stopped, true);
    done_ = true;
}

// How it ended, and what comes of that: written down as long as no other monitor can begin. A first start
// that came to nothing is its command's to tell.
void Supervisor::conclude(const plan::StartPlan& plan) {
    if (!has_run())
        return;
    if (!buried_)
        lastExit_ = {};
    // That it ran says little where it did not do its work.
    const int64_t wellMs =
        lastExit_.unhealthy ? health_.well_for_ms() : process::since_boot_ms() - ranSinceMs_;
    if (plan.monitor.restart)
        again_ = restart::after(*plan.monitor.restart, lastExit_, wellMs);
    Status written = dir_.write(last_exit::kFile, last_exit::json(lastExit_));
    if (written.ok() && again_)
        written = restart::note(dir_.fd(), *again_);
    if (!written.ok())
        log_.failure(Log::Level::Error, written.failure());
}

void Supervisor::restart_later() {
    if (!again_)
        return;
    Result<plan::StartPlan> plan = read_plan();
    Status failed = plan.ok()
                        ? restart::become({.runDir = dir_.path(), .restart = *again_},
                                          "[tlxc restart] " + plan.value().lxcpath + " " + plan.value().name,
                                          plan.value().hooks.environment)
                        : Status{plan.failure()};
    log_.failure(Log::Level::Error, failed.failure());
    dir_.remove(restart::kFile);
}

// The locks are released by now: what is run here takes them.
void Supervisor::run_after_stop(const plan::StartPlan& plan) {
    Status status =
        hooks::run(plan.monitor.afterStop, "after-stop", plan.hooks.environment, {"LXC_TARGET=stop"});
    if (!status.ok())
        log_.failure(Log::Level::Error, status.failure());
}

} // namespace tlxc
