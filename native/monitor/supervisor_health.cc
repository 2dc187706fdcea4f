// What the supervisor does for the health of its container, and because of it.
#include <signal.h>

#include "common/signal_purpose.h"
#include "monitor/supervisor.h"

namespace tlxc {

Health::Ways Supervisor::health_ways() {
    return {.probe = [this](int report) { return spawn_probe(report); },
            .frozen = [this] { return freezer_.state() != State::Running; },
            .changed = [this] { health_changed(); },
            .overdue = [this] { (void)signal_init(SIGKILL); },
            .left = [this](pid_t command) { probe::end_left(command, running_.initPid); }};
}

pid_t Supervisor::spawn_probe(int report) {
    const pid_t monitor = getpid();
    return spawn_task([this, report, monitor](const plan::StartPlan& plan) {
        const UniqueFd listeners = running_.notifier ? running_.notifier->entrance() : UniqueFd{};
        probe::run({.plan = plan,
                    .running = running_,
                    .listeners = listeners.get(),
                    .report = report,
                    .monitor = monitor});
        return true;
    });
}

void Supervisor::health_changed() {
    log_.write(Log::Level::Info,
               std::string("health ") + health_.status() + " (" + health_.last_words() + ")");
    const std::string event = protocol::health_event(state_, health_.status());
    server_.broadcast(event);
    watchers_.tell(event);
    // Whoever has it stopped is not hurried, and finds it stopped for good.
    if (health_.judged() != Health::Status::Unhealthy || haltMs_ == 0 || end_was_asked())
        return;
    unhealthy_ = true;
    (void)signal_init(signal_meant(purpose::kHalt));
    health_.halt_by(haltMs_);
}

} // namespace tlxc
