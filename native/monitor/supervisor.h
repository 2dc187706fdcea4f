// A container's life, from STARTING to STOPPED, over as many reboots as it makes.
//
//   start ──▶ RUNNING ──init exits──▶ STOPPING ──stop task──▶ (descriptors closed) ──post-stop task──▶
//   STOPPED, or start
//
// A task is a process of its own (teardown.h): while hooks run, the monitor answers.
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "common/deadline.h"
#include "executor/cgroup/cgroup.h"
#include "executor/network/network_parts.h"
#include "monitor/console.h"
#include "monitor/forwards.h"
#include "monitor/freezer.h"
#include "monitor/health.h"
#include "monitor/last_exit.h"
#include "monitor/log.h"
#include "monitor/loop.h"
#include "monitor/protocol.h"
#include "monitor/report.h"
#include "monitor/run_dir.h"
#include "monitor/server.h"
#include "monitor/teardown.h"
#include "monitor/watchers.h"

namespace tlxc {

class Supervisor {
  public:
    // planText: the plan as it came, in a memfd; it is read again for a reboot and for the end, and not kept
    // between.
    Supervisor(UniqueFd planText, RunDir dir, Log log, std::shared_ptr<Journal> journal);
    // Starts the container and reports that it runs. On failure nothing of it is left. owned: it ends with
    // whoever listens to the report.
    [[nodiscard]] Status start(const plan::StartPlan& plan, Report& report, bool owned);
    // Follows it until it has stopped for good.
    void follow();
    // Where it is to be started again, this process becomes the one that waits for that.
    void restart_later();

  private:
    using State = protocol::State;
    // In its run directory while it runs: which processes are the container's, for who finds no monitor.
    static constexpr const char* kInstance = "instance.json";

    [[nodiscard]] Status prepare(const plan::StartPlan& plan);
    [[nodiscard]] Status launch(const plan::StartPlan& plan);
    [[nodiscard]] Status open_forwards(const plan::StartPlan& plan);
    [[nodiscard]] Status enter_forwards(const plan::StartPlan& plan);
    [[nodiscard]] bool init_ends() const;
    [[nodiscard]] Status publish(const plan::StartPlan& plan);
    void warn(const plan::StartPlan& plan, Report& report);
    [[nodiscard]] Status record(const std::vector<plan::Leaving>& leavings) const;
    void remember(const plan::StartPlan& plan);
    [[nodiscard]] Status fail(const plan::StartPlan& plan, Failure failure);

    [[nodiscard]] bool awaiting() const;
    void dispatch(const LoopEvent& event);
    void take_signal();
    void reap();
    void passt_ended(Passt& passt, pid_t pid, int status);
    void serve(Client& client);
    [[nodiscard]] bool answer(Client& client, const protocol::Request& request);
    [[nodiscard]] bool answer_info(Client& client, bool attach);
    [[nodiscard]] Status change_interfaces(const protocol::Request& request);
    [[nodiscard]] Status change_devices(const protocol::Request& request);
    [[nodiscard]] Status add_forward(const std::string& text);
    [[nodiscard]] bool tell(const Client& client, const Status& done);
    [[nodiscard]] bool open_tty(Client& client, int tty);
    [[nodiscard]] bool open_console(Client& client);
    [[nodiscard]] bool send_console_log(Client& client);
    void drop(Client& client);
    [[nodiscard]] int signal_meant(int asked) const;
    [[nodiscard]] int signal_init(int signal); // 0 or errno
    [[nodiscard]] int signal_asked(int asked);
    void insist();
    [[nodiscard]] bool asks_for_end(const protocol::Request& request) const;
    bool stay_ended(); // false: it is not on its way to an end
    [[nodiscard]] bool end_was_asked() const;
    [[nodiscard]] Health::Ways health_ways();
    [[nodiscard]] pid_t spawn_probe(int report);
    void health_changed();
    [[nodiscard]] bool has_run() const { return buried_ || reboots_ > 0; }
    void end_abandoned();
    void end_by(int signal);

    void announce(State state, int exitStatus = -1, bool reboot = false);
    void set_state(State state, bool tellStatus = false, bool reboot = false);
    void init_exited(int status);
    void stop_task_done();
    void buried(bool postStopOk);
    void restart();
    void finish(const plan::StartPlan* plan);
    void conclude(const plan::StartPlan& plan);
    void run_after_stop(const plan::StartPlan& plan);
    [[nodiscard]] Result<plan::StartPlan> read_plan() const;
    // Runs work(plan) in a process of its own; its result is its exit status.
    [[nodiscard]] pid_t spawn_task(const std::function<bool(const plan::StartPlan&)>& work);

    UniqueFd planText_;
    RunDir dir_;
    Log log_;
    Loop loop_;
    Server server_{loop_};
    Watchers watchers_;
    std::shared_ptr<Journal> journal_;
    Console console_{loop_, journal_};
    UniqueFd signals_;
    UniqueFd owner_; // a pipe whose other end is the command's that the container ends with
    Running running_;
    cgroup::Kept kept_; // from the end of a run to the next
    const network::Record record_ = [this](const auto& leavings) { return record(leavings); };
    // What was recorded last: a start that fails may have left what its own end could not clear away.
    mutable std::vector<plan::Leaving> left_;
    Forwards forwards_{[this] { return record(left_); }};

    Freezer freezer_{loop_, server_, running_.cgroups, [this](State state) { announce(state); }};
    Health health_{loop_, health_ways()};

    State state_ = State::Starting; // whether a running one is frozen is the freezer's to say
    bool done_ = false;
    bool reboot_ = false;
    bool buried_ = false; // its last run has come to its end; a start again, after a reboot, may still fail
    int exitStatus_ = -1;
    std::optional<Deadline> dying_; // init was killed, and should have ended by then
    teardown::Told told_;           // to the hooks of the end that is going on
    LastExit lastExit_;
    static constexpr int64_t kNever = -1;
    int64_t askedAtMs_ = kNever; // when a person or the host had it end
    int64_t ranSinceMs_ = 0;
    std::optional<plan::Restart> again_;
    int reboots_ = 0;
    int64_t oomKillsBefore_ = 0; // this run: the groups count on over reboots
    bool unhealthy_ = false;     // and is ended for that
    pid_t stopTask_ = -1;
    pid_t postStopTask_ = -1;

    // What is kept of the plan while the container runs.
    plan::Signals numbers_;
    std::string members_; // info's answer but for what may change
    std::string pidFile_;
    std::string oomScore_;
    bool foreground_ = false;
    bool hasPostStop_ = false;
    int64_t haltMs_ = 0; // how long an unhealthy one has to end; 0: it goes on
    Deadline viewerComes_{0};
    bool childEnded_ = false; // while the viewer was awaited
};

} // namespace tlxc
