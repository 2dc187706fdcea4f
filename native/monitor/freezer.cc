#include "monitor/freezer.h"

#include <sys/socket.h>
#include <sys/timerfd.h>

#include "executor/cgroup/freezer.h"

namespace tlxc {
namespace {

constexpr long kFirstLookNs = 1'000'000, kLookNs = 5'000'000;

std::string peer(const Client& client) {
    ucred peer{};
    socklen_t size = sizeof peer;
    getsockopt(client.fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size);
    return std::to_string(peer.pid);
}

} // namespace

bool Freezer::freeze(Client& client, const protocol::Request& request) {
    const int socket = client.fd.get();
    if (client.watching || client.freezing || client.holding)
        return protocol::send(socket, protocol::refused("busy", EBUSY));
    const State before = state();
    if (before == State::Running) {
        const Status asked = cgroup::freeze(places_);
        if (!asked.ok())
            return protocol::send(socket, protocol::refused(asked.failure()));
        begin(request.timeoutMs);
    } else if (before == State::Frozen && server_.those(&Client::holding).empty()) {
        kept_ = true; // by whatever means: it was so before, and stays so after us
    }
    client.freezing = true;
    client.holding = request.hold;
    if (!protocol::send(socket, protocol::accepted({})))
        return false;
    if (cgroup::frozen(places_))
        settle();
    return true;
}

void Freezer::begin(int timeoutMs) {
    deadline_ = Deadline{timeoutMs};
    timer_.reset(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    const itimerspec looks{.it_interval = {0, kLookNs}, .it_value = {0, kFirstLookNs}};
    timerfd_settime(timer_.get(), 0, &looks, nullptr);
    (void)loop_.add(Source::Freezer, timer_.get());
    announce_(State::Freezing);
}

void Freezer::tick() {
    uint64_t ticks = 0;
    (void)!read(timer_.get(), &ticks, sizeof ticks);
    if (cgroup::frozen(places_))
        return settle();
    if (deadline_.left() == 0) {
        refuse("too-slow", ETIMEDOUT);
        return run_again();
    }
    (void)cgroup::freeze(places_); // version 1 may miss who was born meanwhile
}

void Freezer::settle() {
    if (timer_) {
        look_no_more();
        announce_(State::Frozen);
    }
    for (Client* client : server_.those(&Client::freezing)) {
        client->freezing = false;
        const bool told = protocol::send(client->fd.get(), protocol::accepted({}));
        kept_ = kept_ || (told && !client->holding);
    }
    release(); // nobody may be left of those who asked
}

void Freezer::refuse(const char* error, int err) {
    for (Client* client : server_.those(&Client::freezing)) {
        client->freezing = client->holding = false;
        (void)protocol::send(client->fd.get(), protocol::refused(error, err));
    }
}

Status Freezer::thaw() {
    const auto holders = server_.those(&Client::holding);
    if (!holders.empty())
        return Failure{.step = "held", .err = EBUSY, .detail = peer(*holders.front())};
    kept_ = false;
    refuse("thawed", ECANCELED);
    if (state() != State::Running)
        run_again();
    if (state() != State::Running)
        return Failure{.step = "frozen-above", .err = EBUSY};
    return {};
}

void Freezer::run_again() {
    look_no_more();
    cgroup::thaw(places_);
    if (state() != State::Running)
        return;
    announce_(State::Thawed);
    announce_(State::Running);
}

// A task of the monitor's may have the descriptor, too: closing ours would not take it from the loop.
void Freezer::look_no_more() {
    if (timer_)
        loop_.remove(timer_.get());
    timer_.reset();
}

void Freezer::left(Client& client) {
    if (!client.freezing && !client.holding)
        return;
    client.freezing = client.holding = false;
    release();
}

void Freezer::release() {
    const bool wanted =
        kept_ || !server_.those(&Client::freezing).empty() || !server_.those(&Client::holding).empty();
    if (!wanted)
        run_again();
}

void Freezer::end() {
    look_no_more();
    kept_ = false;
    refuse("stopped", ESRCH);
    for (Client* client : server_.those(&Client::holding))
        client->holding = false;
}

std::string Freezer::member() const {
    const auto holders = server_.those(&Client::holding);
    return "\"holder\":" + (holders.empty() ? std::string("0") : peer(*holders.front()));
}

Freezer::State Freezer::state() const {
    if (timer_)
        return State::Freezing;
    return cgroup::frozen(places_) ? State::Frozen : State::Running;
}

} // namespace tlxc
