#include "executor/execute.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>

#include "common/reap.h"
#include "common/reserve.h"
#include "common/syscalls.h"
#include "executor/child.h"
#include "executor/hooks.h"
#include "executor/mount/attributes.h"
#include "executor/mount/idmap.h"
#include "executor/mount/rootfs.h"
#include "executor/mount/sources.h"
#include "executor/namespaces.h"
#include "executor/network/network_script.h"
#include "executor/security/security.h"

namespace tlxc {
namespace {

constexpr int64_t kPatienceMs = 60'000;
constexpr int kRemovalMs = 5'000;

// A start in progress. What it has made is removed with it, unless it ended in a running container.
class Start {
  public:
    Start(const plan::StartPlan& plan, const network::Record& record, cgroup::Kept kept)
        : plan_(plan), record_(record), deadline_(patience(plan)), kept_(std::move(kept)) {}
    ~Start() {
        if (!finished_)
            undo();
    }
    Start(const Start&) = delete;
    Start& operator=(const Start&) = delete;

    Result<Running> perform() {
        Status done = run();
        if (!done.ok()) {
            // The child's own failure is the cause where it makes a step of ours fail, too.
            auto said = child_.last_words();
            return said ? std::move(*said) : std::move(done.failure());
        }
        finished_ = true;
        return std::move(running_);
    }

  private:
    Status run() {
        TRY(hooks::run(plan_.hooks.preStart, "pre-start", plan_.hooks.environment, {}));
        cgroup::Groups groups = TRY(cgroup::create(plan_, std::move(kept_)));
        running_.cgroups = std::move(groups.places);
        TRY(rootfs::make_mount_point(plan_));
        TRY(spawn_child(std::move(groups.inner)));
        // A hook inside finds the network there, as in LXC; without one the child builds its tree meanwhile.
        const bool networkFirst = !plan_.user && has_hooks_inside();
        if (networkFirst)
            TRY(make_network({}));
        TRY(map_ids());
        UniqueFd inside;
        if (plan_.user)
            inside = std::move(TRY(hear<handshake::Network>()).socket);
        else
            TRY(send_mounts());
        if (!networkFirst)
            TRY(make_network(std::move(inside)));
        TRY(prepare_filter()); // while the child builds its tree
        TRY(collect_terminals());
        TRY(open_for_stop_hooks());
        TRY(run_start_host_hooks());
        TRY(attributes::apply(plan_, running_.initPid));
        return let_go();
    }

    static int64_t patience(const plan::StartPlan& plan) {
        int64_t milliseconds = kPatienceMs;
        const plan::Hooks& hooks = plan.hooks;
        for (const auto* list :
             {&hooks.preStart, &hooks.preMount, &hooks.mount, &hooks.autodev, &hooks.startHost, &hooks.start})
            for (const auto& hook : *list)
                milliseconds += hook.timeoutMs;
        for (const auto& interface : plan.interfaces)
            milliseconds += interface.scriptUp ? interface.scriptUp->timeoutMs : 0;
        return milliseconds;
    }

    [[nodiscard]] bool has_hooks_inside() const {
        const plan::Hooks& hooks = plan_.hooks;
        return !hooks.preMount.empty() || !hooks.mount.empty() || !hooks.autodev.empty();
    }

    Status make_network(UniqueFd inside) {
        return network::create(plan_, {running_.initPid, std::move(inside)}, record_, running_.network);
    }

    Status spawn_child(std::vector<UniqueFd> innerGroups) {
        auto [ours, theirs] = TRY(handshake::Channel::make());
        const cgroup::Door door = TRY(cgroup::open_door(running_.cgroups, std::move(innerGroups)));
        const int left = deadline_.left();
        namespaces::Child child = TRY(namespaces::spawn(plan_, door.unified.get(), deadline_));
        if (child.pid == 0)
            run_child({plan_, door, left}, std::move(theirs));
        child_ = std::move(ours);
        running_.initPid = child.pid;
        running_.initPidfd = std::move(child.pidfd);
        return {};
    }

    Status map_ids() {
        TRY(idmap::write_maps(plan_, running_.initPid));
        return tell(handshake::Mapped{});
    }

    Status send_mounts() {
        UniqueFd userNamespace;
        if (namespaces::has(plan_, plan::Namespace::User))
            userNamespace = TRY(namespaces::open(running_.initPid, "user"));
        if (!plan_.hooks.preMount.empty())
            TRY(hear<handshake::HooksDone>());
        auto mounts = TRY(sources::prepare(plan_, userNamespace.get(), running_.initPid));
        mounts.push_back({handshake::PreparedMount::kRootfs,
                          TRY(rootfs::prepare(plan_, userNamespace.get(), running_.initPid))});
        Status sent = child_.send_mounts(std::move(mounts));
        return sent.ok() ? sent : explained(std::move(sent.failure()));
    }

    Status prepare_filter() {
        running_.seccomp = TRY(security::compile_seccomp(plan_, running_.warnings));
        if (plan_.security.seccomp && plan_.security.seccomp->notify)
            running_.notifier = TRY(Notifier::make(*plan_.security.seccomp->notify, running_.initPid));
        return {};
    }

    Status collect_terminals() {
        for (int64_t left = plan_.terminals.ttys; left > 0; --left)
            running_.ttys.push_back(std::move(TRY(hear<handshake::Tty>()).terminal));
        handshake::Ready ready = TRY(hear<handshake::Ready>());
        running_.devpts = std::move(ready.devpts);
        running_.console = std::move(ready.console);
        running_.consolePeer = std::move(ready.consolePeer);
        return {};
    }

    Status open_for_stop_hooks() {
        const auto hasScript = [](const auto& interface) { return interface.scriptDown.has_value(); };
        if (plan_.hooks.stop.empty() && std::ranges::none_of(plan_.interfaces, hasScript))
            return {};
        running_.namespaces = TRY(namespaces::open_all(plan_, running_.initPid));
        return {};
    }

    Status run_start_host_hooks() {
        const std::string pid = "LXC_PID=" + std::to_string(running_.initPid);
        return hooks::run(plan_.hooks.startHost, "start-host", plan_.hooks.environment, {pid});
    }

    Status let_go() {
        handshake::Go go{{std::move(running_.seccomp), {}}};
        if (running_.notifier)
            go.filter.listeners = running_.notifier->entrance();
        Status sent = tell(go);
        running_.seccomp = std::move(go.filter.program);
        TRY(sent);
        answer_calls();
        TRY(hear<handshake::Executing>());
        answer_calls();
        Status ended = child_.wait_for_end(deadline_);
        if (!ended.ok())
            return explained(std::move(ended.failure()));
        return {};
    }

    // Until the child has something to say: with its filter in force, its own calls may be among those that
    // wait for an answer, execve for one.
    void answer_calls() {
        while (running_.notifier && deadline_.left() > 0) {
            pollfd waiting[] = {{child_.fd(), POLLIN, 0}, {running_.notifier->fd(), POLLIN, 0}};
            if (poll(waiting, 2, deadline_.left()) > 0 && waiting[0].revents != 0)
                return;
            running_.notifier->handle();
        }
    }

    template <typename Message> Status tell(const Message& message) {
        Status sent = child_.send(message);
        return sent.ok() ? sent : explained(std::move(sent.failure()));
    }

    template <typename Message> Result<Message> hear() {
        auto heard = child_.receive<Message>(deadline_);
        if (!heard.ok())
            return explained(std::move(heard.failure()));
        return heard;
    }

    // Where the child is gone without a word: how it ended.
    Failure explained(Failure failure) {
        if (failure.step != "handshake")
            return failure;
        failure.step = "start";
        siginfo_t ended{};
        if (waitid(P_PIDFD, static_cast<id_t>(running_.initPidfd.get()), &ended,
                   WEXITED | WNOHANG | WNOWAIT) == 0 &&
            ended.si_pid != 0)
            failure.detail =
                (ended.si_code == CLD_EXITED ? "exit " : "signal ") + std::to_string(ended.si_status);
        return failure;
    }

    void undo() {
        reserve_.release();
        if (running_.initPidfd) {
            sys::pidfd_send_signal(running_.initPidfd.get(), SIGKILL);
            (void)reap_within(running_.initPid, kDyingMs);
        }
        const std::string pid = "LXC_PID=" + std::to_string(running_.initPid);
        (void)network::run_down_scripts(plan_, running_.network,
                                        {pid}); // the start's failure is what is told
        (void)network::remove(running_.network, record_);
        cgroup::remove(plan_, running_.cgroups, kRemovalMs);
        cgroup::remove(plan_, kept_.places, kRemovalMs);
    }

    const plan::StartPlan& plan_;
    const network::Record& record_;
    const Deadline deadline_;
    cgroup::Kept kept_;
    handshake::Channel child_{UniqueFd{}};
    Running running_;
    Reserve reserve_;
    bool finished_ = false;
};

} // namespace

Result<Running> execute(const plan::StartPlan& plan, const network::Record& record, cgroup::Kept kept) {
    Start start(plan, record, std::move(kept));
    return start.perform();
}

} // namespace tlxc
