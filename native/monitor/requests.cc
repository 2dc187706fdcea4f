// What clients ask of the supervisor, and what they get.
#include <fcntl.h>
#include <signal.h>

#include "common/signal_purpose.h"
#include "executor/cgroup/device_access.h"
#include "executor/network/hotplug.h"
#include "monitor/info.h"
#include "monitor/process.h"
#include "monitor/supervisor.h"
#include "plan/reader.h"

namespace tlxc {
namespace {

using protocol::NamedFd;
using protocol::Op;
using purpose::kHalt, purpose::kHangUp, purpose::kReboot, purpose::kStop;

} // namespace

// The number behind a request's signal. Without lxc.signal.halt: systemd shuts down on SIGRTMIN+3, which it
// has blocked to read it from a signalfd; others know SIGPWR, and of a terminal's end, as LXC has it,
// SIGTERM.
int Supervisor::signal_meant(int asked) const {
    if (asked == kReboot)
        return static_cast<int>(numbers_.reboot);
    if (asked == kStop)
        return static_cast<int>(numbers_.stop);
    if (asked != kHalt && asked != kHangUp)
        return asked;
    if (numbers_.halt != 0)
        return static_cast<int>(numbers_.halt);
    const int orderly = SIGRTMIN + 3;
    if (process::blocks(running_.initPid, orderly))
        return orderly;
    return asked == kHangUp ? SIGTERM : SIGPWR;
}

int Supervisor::signal_asked(int asked) {
    const int err = signal_init(signal_meant(asked));
    if (err == 0 && (asked == kHalt || asked == kStop || asked == kHangUp))
        askedAtMs_ = process::since_boot_ms();
    if (asked == kReboot)
        askedAtMs_ = kNever; // an end that was asked for before came to nothing
    return err;
}

// Whether a container that does not run is not to run again. The signals of a foreground start's own command
// are its caller's wish to see it end.
bool Supervisor::asks_for_end(const protocol::Request& request) const {
    if (request.op == Op::ExpectEnd)
        return request.expected;
    if (request.op != Op::Signal)
        return false;
    const int signal = request.signal;
    if (signal == kHalt || signal == kStop || signal == kHangUp)
        return true;
    // By its number: of one that is to end already, as tlxc-stop asks with another configuration's halt
    // signal.
    return signal > 0 &&
           ((lastExit_.asked && !reboot_) || (owner_ && (signal == SIGINT || signal == SIGTERM)));
}

// Whoever wants a container ended that is on its way to a reboot must not find it running again.
bool Supervisor::stay_ended() {
    if (state_ != State::Stopping)
        return false;
    askedAtMs_ = process::since_boot_ms();
    lastExit_.asked = true;
    if (!reboot_)
        return true;
    log_.write(Log::Level::Info, "asked to end: it does not start again");
    reboot_ = false;
    told_.target = "stop";
    forwards_.close();
    return true;
}

void Supervisor::serve(Client& client) {
    std::string text;
    if (!server_.receive(client, text))
        return drop(client);
    protocol::Request request;
    const bool understood = text.size() <= Server::kMaxRequest && protocol::parse(text, request);
    const bool sent = understood ? answer(client, request)
                                 : protocol::send(client.fd.get(), protocol::refused("bad-request", EINVAL));
    if (!sent)
        drop(client);
}

void Supervisor::drop(Client& client) {
    if (client.viewer >= 0)
        console_.detach(client.viewer);
    freezer_.left(client);
    server_.drop(client); // gives its tty back, too
}

bool Supervisor::answer(Client& client, const protocol::Request& request) {
    const int socket = client.fd.get();
    const auto settled = [socket](const char* error, int err) {
        return protocol::send(socket, err == 0 ? protocol::accepted({}) : protocol::refused(error, err));
    };
    if (request.op == Op::Info)
        return answer_info(client, false);
    if (request.op == Op::Watch) {
        if (client.freezing || client.holding)
            return settled("busy", EBUSY); // it reads an outcome, not events
        client.watching = true;
        return answer_info(client, false);
    }
    if (state_ != State::Running)
        return settled("not-running", asks_for_end(request) && stay_ended() ? 0 : ESRCH);
    switch (request.op) {
    case Op::Attach:
        return answer_info(client, true);
    case Op::Console:
        return request.tty == 0 ? open_console(client) : open_tty(client, request.tty);
    case Op::ConsoleLog:
        return send_console_log(client);
    case Op::PlugIn:
    case Op::Unplug:
        return tell(client, change_interfaces(request));
    case Op::AllowDevice:
    case Op::ForbidDevice:
        return tell(client, change_devices(request));
    case Op::Forward:
        return tell(client, add_forward(request.text));
    case Op::Unforward:
        return settled("no-such-forward", forwards_.remove(request.listen) ? 0 : ENOENT);
    case Op::Freeze:
        return freezer_.freeze(client, request);
    case Op::Unfreeze:
        return tell(client, freezer_.thaw());
    case Op::ExpectEnd:
        askedAtMs_ = request.expected ? process::since_boot_ms() : kNever;
        return settled("", 0);
    case Op::Resize:
        return settled("resize", console_.resize(request.rows, request.columns));
    default:
        return settled("signal", signal_asked(request.signal));
    }
}

bool Supervisor::answer_info(Client& client, bool attach) {
    std::vector<NamedFd> fds;
    if (attach) {
        fds.push_back({"initPidfd", running_.initPidfd.get()});
        if (running_.seccomp)
            fds.push_back({"seccomp", running_.seccomp.get()});
        if (running_.devpts)
            fds.push_back({"devpts", running_.devpts.get()});
    }
    const UniqueFd entrance = attach && running_.notifier ? running_.notifier->entrance() : UniqueFd{};
    if (entrance)
        fds.push_back({"listeners", entrance.get()});
    const char* state = protocol::name_of(state_ == State::Running ? freezer_.state() : state_);
    const std::string members = std::string("\"state\":\"") + state + "\"," + members_ + "," +
                                info::changing(running_) + "," + freezer_.member() + "," +
                                forwards_.member() + health_.member();
    return protocol::send(client.fd.get(), protocol::accepted(fds, members), fds);
}

Status Supervisor::change_interfaces(const protocol::Request& request) {
    const plan::StartPlan plan = TRY(read_plan());
    const network::Target target{plan, running_.initPid, record_, running_.network};
    const network::Plug plug{request.host, request.inside};
    return request.op == Op::PlugIn ? network::plug_in(target, plug) : network::unplug(target, plug);
}

Status Supervisor::change_devices(const protocol::Request& request) {
    const plan::StartPlan plan = TRY(read_plan());
    const cgroup::DeviceList list{plan, running_.cgroups, running_.devices};
    const GivenDevice device{.host = request.host,
                             .inside = request.inside,
                             .type = request.type,
                             .major = request.major,
                             .minor = request.minor};
    return request.op == Op::AllowDevice ? cgroup::allow_device(list, device)
                                         : cgroup::forbid_device(list, device);
}

Status Supervisor::add_forward(const std::string& text) {
    const plan::ForwardRequest request = TRY(plan::parse_forward(text));
    return forwards_.add(request.forward, request.program);
}

// The step's outcome; a failure goes to the log, too.
bool Supervisor::tell(const Client& client, const Status& done) {
    if (!done.ok())
        log_.failure(Log::Level::Warn, done.failure());
    return protocol::send(client.fd.get(),
                          done.ok() ? protocol::accepted({}) : protocol::refused(done.failure()));
}

bool Supervisor::open_tty(Client& client, int tty) {
    const int last = static_cast<int>(running_.ttys.size());
    if (tty < 0)
        for (tty = 1; tty <= last && server_.holds(tty);)
            ++tty;
    if (tty > last)
        return protocol::send(client.fd.get(), protocol::refused("no-tty", ENOTTY));
    if (client.tty != 0 || server_.holds(tty))
        return protocol::send(client.fd.get(), protocol::refused("busy", EBUSY));
    const NamedFd master{"tty", running_.ttys[static_cast<size_t>(tty) - 1].master.get()};
    client.tty = tty;
    return protocol::send(client.fd.get(), protocol::accepted({&master, 1}, "\"tty\":" + std::to_string(tty)),
                          {&master, 1});
}

bool Supervisor::open_console(Client& client) {
    if (!console_.open())
        return protocol::send(client.fd.get(), protocol::refused("no-console", ENOTTY));
    if (client.viewer >= 0)
        return protocol::send(client.fd.get(), protocol::refused("busy", EBUSY));
    const UniqueFd theirs = console_.attach(client.viewer);
    if (!theirs)
        return protocol::send(client.fd.get(), protocol::refused("busy", errno));
    const NamedFd end{"console", theirs.get()};
    return protocol::send(client.fd.get(), protocol::accepted({&end, 1}, "\"tty\":0"), {&end, 1});
}

bool Supervisor::send_console_log(Client& client) {
    const UniqueFd recent = console_.recent();
    if (!recent)
        return protocol::send(client.fd.get(), protocol::refused("console-log", errno));
    const NamedFd log{"log", recent.get()};
    return protocol::send(client.fd.get(), protocol::accepted({&log, 1}), {&log, 1});
}

} // namespace tlxc
