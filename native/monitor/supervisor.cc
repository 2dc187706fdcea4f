#include "monitor/supervisor.h"

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include <algorithm>
#include <iterator>

#include "common/reap.h"
#include "common/syscalls.h"
#include "executor/cgroup/cgroup.h"
#include "executor/cgroup/freezer.h"
#include "executor/execute.h"
#include "executor/leavings.h"
#include "executor/namespaces.h"
#include "executor/restore.h"
#include "monitor/info.h"
#include "monitor/plan_text.h"
#include "monitor/process.h"

namespace tlxc {
namespace {

constexpr const char* kNetwork = "network.json";
constexpr const char* kProtected =
    "-900"; // the host's out-of-memory killer takes a container before its monitor
constexpr int kViewerMs = 2000;
constexpr int kCalmMs = 100; // a conversation is several events
constexpr int kDieMs = 1000;
constexpr int64_t kAskedMs = 3'600'000; // a shutdown and a checkpoint may take long

} // namespace

Supervisor::Supervisor(UniqueFd planText, RunDir dir, Log log, std::shared_ptr<Journal> journal)
    : planText_(std::move(planText)), dir_(std::move(dir)), log_(std::move(log)),
      journal_(std::move(journal)) {}

// ---- start

Status Supervisor::start(const plan::StartPlan& plan, Report& report, bool owned) {
    TRY(prepare(plan));
    TRY(launch(plan));
    // Whose command was killed meanwhile leaves none behind.
    if (owned && !report.is_heard())
        return fail(plan, refusal("start", "the command is gone"));
    warn(plan, report);
    UniqueFd heard = report.running(running_.initPid, getpid());
    // The kernel tells of an end without a reader unasked. One that has gone meanwhile is told of at once.
    if (owned && loop_.add(Source::Owner, heard.get(), 0))
        owner_ = std::move(heard);
    heard.reset();
    Status entered = plan.user ? Status{} : cgroup::enter_monitor(plan, 2);
    if (!entered.ok())
        log_.failure(Log::Level::Warn,
                     entered.failure()); // the container runs, only its monitor is elsewhere
    journal_->begin();
    return {};
}

// What did not stop the start. A proxy that is not there may still come; until then its calls get ENOSYS.
void Supervisor::warn(const plan::StartPlan& plan, Report& report) {
    if (running_.notifier) {
        const Status reached = running_.notifier->reach();
        if (!reached.ok())
            running_.warnings.push_back(at(reached.failure(), plan.security.seccomp->notify->origin));
    }
    for (const Failure& each : running_.warnings) {
        log_.failure(Log::Level::Warn, each);
        report.warning(each);
    }
    running_.warnings = {};
}

// Once a monitor: what stays over reboots.
Status Supervisor::prepare(const plan::StartPlan& plan) {
    oomScore_ = process::oom_score();
    sigset_t all;
    sigfillset(&all);
    signals_.reset(signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals_ || !loop_.open() || !loop_.add(Source::Signal, signals_.get()))
        return syscall_failure("monitor", "epoll_ctl");
    TRY(server_.bind(dir_));
    watchers_.open(dir_, plan.name);
    Status entered = cgroup::enter_monitor(plan, 1);
    // A user's group hands controllers down only once nobody is in it: the monitor leaves it at once.
    if (entered.ok() && plan.user)
        entered = cgroup::enter_monitor(plan, 2);
    if (!entered.ok())
        finish(&plan);
    return entered;
}

Status Supervisor::launch(const plan::StartPlan& plan) {
    journal_->mark_boot(reboots_ == 0 ? "start" : "reboot");
    set_state(State::Starting);
    Status console = console_.prepare(plan.terminals);
    if (!console.ok())
        return fail(plan, std::move(console.failure()));
    Status listening = open_forwards(plan);
    if (!listening.ok())
        return fail(plan, std::move(listening.failure()));
    // What was rebooted since begins anew.
    const bool restores = plan.restore.has_value() && reboots_ == 0;
    Result<Running> started = restores ? restore(plan) : execute(plan, record_, std::move(kept_));
    if (!started.ok())
        return fail(plan, std::move(started.failure()));
    running_ = std::move(started).value();
    remember(plan);
    Status ready = publish(plan);
    if (ready.ok())
        ready = enter_forwards(plan);
    // Before RUNNING is told: who hears it asks at once, and finds nobody listening only where nothing runs.
    if (ready.ok() && reboots_ == 0)
        ready = server_.listen();
    if (!ready.ok())
        return fail(plan, std::move(ready.failure()));
    console_.begin(std::move(running_.console), std::move(running_.consolePeer), foreground_);
    if (running_.notifier)
        (void)loop_.add(Source::Notifier, running_.notifier->fd());
    viewerComes_ = Deadline{kViewerMs};
    process::set_oom_score(kProtected);
    ranSinceMs_ = process::since_boot_ms();
    health_.begin(plan.health);
    set_state(State::Running);
    return {};
}

// Before anything else of the first start: a port that cannot be had stops it while nothing is made. What
// comes before init runs waits.
Status Supervisor::open_forwards(const plan::StartPlan& plan) {
    if (!plan.forwards || reboots_ > 0)
        return {};
    for (const auto& forward : plan.forwards->all)
        TRY(forwards_.open(forward, plan.forwards->program, false));
    return {};
}

Status Supervisor::enter_forwards(const plan::StartPlan& plan) {
    const auto flag = [&plan](plan::Namespace which, int value) {
        return namespaces::has(plan, which) ? value : 0;
    };
    const int network = flag(plan::Namespace::Net, CLONE_NEWNET);
    const int others = CLONE_NEWNS | flag(plan::Namespace::User, CLONE_NEWUSER);
    // The network may be another container's, where only the host's root gets in, and before the user
    // namespace. A user has a right to none of them but by that one, which the kernel enters first of several
    // at once.
    const bool atOnce = plan.user || network == 0;
    Status entered = forwards_.enter({.initPidfd = running_.initPidfd.get(),
                                      .first = atOnce ? network | others : network,
                                      .then = atOnce ? 0 : others,
                                      .title = "[tlxc proxy] " + plan.lxcpath + " " + plan.name,
                                      .oomScore = oomScore_});
    // Of an init that has ended meanwhile, or reboots, there is no network to enter: that is told as its end.
    if (entered.ok() || entered.failure().err != ESRCH || !init_ends())
        return entered;
    forwards_.leave();
    return {};
}

// Whether it is on its way out; when this returns it can be reaped.
bool Supervisor::init_ends() const {
    pollfd ended{running_.initPidfd.get(), POLLIN, 0};
    return poll(&ended, 1, kDyingMs) > 0;
}

void Supervisor::remember(const plan::StartPlan& plan) {
    for (auto& place : running_.cgroups)
        place.plan = nullptr; // the plan goes, the places stay
    numbers_ = plan.signals;
    members_ = info::members(plan, running_, reboots_);
    pidFile_ = plan.monitor.pidFile;
    foreground_ = plan.monitor.foreground;
    hasPostStop_ = !plan.hooks.postStop.empty();
    haltMs_ = plan.health && plan.health->endsUnhealthy ? plan.health->haltMs : 0;
}

Status Supervisor::record(const std::vector<plan::Leaving>& leavings) const {
    std::vector<plan::Leaving> all = leavings;
    left_ = all;
    std::ranges::move(forwards_.leavings(), std::back_inserter(all));
    if (!all.empty())
        return dir_.write(kNetwork, network::leavings_json(all));
    dir_.remove(kNetwork);
    return {};
}

Status Supervisor::publish(const plan::StartPlan& plan) {
    TRY(dir_.write(kInstance, info::instance(running_)));
    if (!plan.monitor.pidFile.empty() &&
        !write_atomically(AT_FDCWD, plan.monitor.pidFile, std::to_string(getpid()) + "\n"))
        return syscall_failure("pid-file", "write", plan.monitor.pidFile);
    return {};
}

// A start that came to nothing. What execute made is gone; a container that runs already is ended here.
Status Supervisor::fail(const plan::StartPlan& plan, Failure failure) {
    log_.failure(Log::Level::Error, failure);
    set_state(State::Aborting);
    const teardown::Told told = teardown::told(running_, getpid(), "stop");
    forwards_.leave();
    forwards_.close();
    if (running_.initPidfd) {
        (void)signal_init(SIGKILL);
        (void)reap_within(running_.initPid, kDyingMs);
        teardown::stop({plan, running_, record_, told}, log_);
        running_ = Running{};
    }
    (void)teardown::post_stop(plan, told, log_);
    reboot_ = false;
    finish(&plan);
    return failure;
}

// ---- while it runs

void Supervisor::follow() {
    bool rests = false; // what the last events needed has been given back: the monitor mostly waits
    while (!done_) {
        LoopEvent event{};
        if (loop_.wait(awaiting() ? viewerComes_.left() : rests && !dying_ ? -1 : kCalmMs, event)) {
            rests = false;
            dispatch(event);
        } else if (!awaiting()) {
            malloc_trim(0);
            rests = true;
        }
        if (awaiting())
            continue;
        if (console_.awaiting())
            console_.stop_awaiting();
        if (childEnded_)
            reap();
        insist();
    }
}

// A killed init may wait in the kernel for a process of its own (which serves it a filesystem, say), and that
// one is killed only when init has ended.
void Supervisor::insist() {
    if (!dying_ || dying_->left() > 0)
        return;
    cgroup::kill_members(running_.cgroups);
    dying_.emplace(kDieMs);
}

// A foreground start's command takes its last words and its exit code from us: an init that ends at once is
// not looked at before the command is there.
bool Supervisor::awaiting() const {
    return foreground_ && viewerComes_.left() > 0 && (console_.awaiting() || !server_.watched());
}

void Supervisor::dispatch(const LoopEvent& event) {
    switch (event.source) {
    case Source::Signal:
        return take_signal();
    case Source::Listener:
        // Mostly it has asked by now.
        if (Client* client = server_.accept(); client != nullptr && server_.has_asked(*client))
            serve(*client);
        return;
    case Source::Client:
        if (Client* client = server_.find(event.fd))
            serve(*client);
        return;
    case Source::Notifier:
        return running_.notifier->handle();
    case Source::Freezer:
        return freezer_.tick();
    case Source::Health:
        return health_.tick();
    case Source::Owner:
        return end_abandoned();
    case Source::Console:
    case Source::ConsoleViewer:
    case Source::ConsolePath:
        return console_.handle(event);
    }
}

// To the monitor: TERM ends the container, HUP asks init to end; others are init's, as if they had been sent
// to it.
void Supervisor::take_signal() {
    signalfd_siginfo info{};
    if (read(signals_.get(), &info, sizeof info) != sizeof info)
        return;
    switch (const int number = static_cast<int>(info.ssi_signo)) {
    case SIGCHLD:
        childEnded_ = true;
        return;
    case SIGTERM:
        return end_by(static_cast<int>(numbers_.stop));
    case SIGHUP:
        return end_by(SIGTERM);
    case SIGINT:
    case SIGQUIT:
    case SIGUSR1:
    case SIGUSR2:
    case SIGPWR:
        (void)signal_init(number);
        return;
    default: // about our own terminal, pipes and timers
        return;
    }
}

// Init, our tasks, and orphans of hooks, whose new parent we are.
void Supervisor::reap() {
    childEnded_ = false;
    int status = 0;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        if (pid == running_.initPid)
            init_exited(status);
        else if (pid == stopTask_)
            stop_task_done();
        else if (pid == postStopTask_)
            buried(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        else if (health_.reaped(pid))
            continue;
        else if (Passt* const passt = running_.network.passt.get(); passt != nullptr && passt->owns(pid))
            passt_ended(*passt, pid, status);
        else if (Status lost; forwards_.reaped(pid, lost) && !lost.ok())
            log_.failure(Log::Level::Error, lost.failure());
    }
}

void Supervisor::passt_ended(Passt& passt, pid_t pid, int status) {
    const Status anew = passt.reaped(pid, status);
    if (!anew.ok())
        log_.failure(Log::Level::Error, anew.failure());
}

int Supervisor::signal_init(int signal) {
    if (!running_.initPidfd || exitStatus_ >= 0)
        return ESRCH;
    if (sys::pidfd_send_signal(running_.initPidfd.get(), signal) != 0)
        return errno;
    if (signal == SIGKILL) {
        freezer_.end();
        cgroup::release(running_.cgroups); // a frozen process dies when it runs again
        if (!dying_)
            dying_.emplace(kDieMs);
    }
    return 0;
}

void Supervisor::announce(State state, int exitStatus, bool reboot) {
    log_.write(Log::Level::Info, std::string("state ") + protocol::name_of(state));
    const std::string event = protocol::event(state, exitStatus, reboot);
    server_.broadcast(event);
    watchers_.tell(event);
    if (state == State::Thawed)
        health_.thawed();
}

void Supervisor::set_state(State state, bool tellStatus, bool reboot) {
    state_ = state;
    announce(state, tellStatus ? exitStatus_ : -1, reboot);
}

// Whoever asked and went away without an end is not answered by one of some other day.
bool Supervisor::end_was_asked() const {
    return askedAtMs_ != kNever && process::since_boot_ms() - askedAtMs_ < kAskedMs;
}

// As with LXC, whose foreground command is the monitor: killed, it leaves no container that nobody knows of.
void Supervisor::end_abandoned() {
    loop_.remove(owner_.get());
    end_by(SIGKILL);
}

void Supervisor::end_by(int signal) {
    if (stay_ended())
        return;
    askedAtMs_ = process::since_boot_ms();
    (void)signal_init(signal);
}

Result<plan::StartPlan> Supervisor::read_plan() const {
    return plan_text::parse(planText_);
}

pid_t Supervisor::spawn_task(const std::function<bool(const plan::StartPlan&)>& work) {
    const pid_t pid = fork();
    if (pid != 0)
        return pid;
    Result<plan::StartPlan> plan = read_plan();
    _exit(plan.ok() && work(plan.value()) ? 0 : 1);
}

} // namespace tlxc
