#include "monitor/forwards.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>

#include "common/json_writer.h"

namespace tlxc {
namespace {

constexpr size_t kMost = 512;           // descriptors of the monitor's, which has few
constexpr size_t kLongest = 128 * 1024; // of an answer, which is one datagram

bool is_file(const plan::Forward& forward) {
    return std::holds_alternative<plan::HostSocket>(forward.from);
}

bool place_port(const std::string& address, int64_t port, forward::Place& place) {
    const auto number = htons(static_cast<uint16_t>(port));
    auto* const v6 = reinterpret_cast<sockaddr_in6*>(&place.address);
    if (inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = number;
        place.size = sizeof *v6;
        return true;
    }
    auto* const v4 = reinterpret_cast<sockaddr_in*>(&place.address);
    v4->sin_family = AF_INET;
    v4->sin_port = number;
    place.size = sizeof *v4;
    return inet_pton(AF_INET, address.c_str(), &v4->sin_addr) == 1;
}

bool place_path(const std::string& path, forward::Place& place) {
    auto* const address = reinterpret_cast<sockaddr_un*>(&place.address);
    if (path.size() >= sizeof address->sun_path)
        return false;
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path.c_str(), path.size() + 1);
    place.size = sizeof *address;
    return true;
}

Status fill_places(const plan::Forward& forward, forward::Order& order) {
    if (const auto* socket = std::get_if<plan::InsideSocket>(&forward.to)) {
        order.places = 1;
        return place_path(socket->path, order.place[0]) ? Status{}
                                                        : refusal("forward", "path-too-long", socket->path);
    }
    const auto& port = std::get<plan::InsidePort>(forward.to);
    for (const auto& address : port.addresses)
        if (order.places == forward::Order::kMostPlaces ||
            !place_port(address, port.port, order.place[order.places++]))
            return refusal("forward", "bad-address", address);
    return {};
}

// The monitor's own: of a socket in a directory, that too.
size_t descriptors_of(const plan::Forward& forward) {
    return is_file(forward) ? 2 : 1;
}

// Of the answer to info, at most.
size_t told_in(const plan::Forward& forward) {
    return forward.listen.size() + forward.connect.size() + 64;
}

} // namespace

size_t Forwards::kind_of(const Entry& entry) {
    return std::holds_alternative<plan::InsideSocket>(entry.forward.to) ? kPaths : kPlain;
}

Status Forwards::open(const plan::Forward& forward, const std::string& program, bool live) {
    if (std::ranges::any_of(all_, [&](const Entry& each) { return each.forward.listen == forward.listen; }))
        return at(refusal("forward", "exists", forward.listen), forward.origin);
    size_t held = descriptors_of(forward), told = told_in(forward);
    for (const Entry& each : all_) {
        held += descriptors_of(each.forward);
        told += told_in(each.forward);
    }
    if (held > kMost || told > kLongest)
        return at(refusal("forward", "too-many", forward.listen), forward.origin);
    all_.push_back({forward, program, live, ++last_, {}});
    Status opened = is_file(forward) ? record_() : Status{};
    if (opened.ok()) {
        auto listening =
            host_socket::listen(forward, live ? host_socket::kLivePatienceMs : host_socket::kPatienceMs);
        if (listening.ok()) {
            all_.back().listening = std::move(listening).value();
            return {};
        }
        opened = listening.failure();
    }
    close(std::prev(all_.end()));
    return opened;
}

Status Forwards::enter(ProxyHome home) {
    home_ = std::move(home);
    for (const Entry& entry : all_)
        TRY(carry(entry));
    return {};
}

Status Forwards::carry(const Entry& entry) {
    Proxy& proxy = proxies_[kind_of(entry)];
    if (!proxy.running())
        TRY(proxy.start(entry.program, home_, kind_of(entry) == kPaths));
    forward::Order order{.number = entry.number,
                         .datagrams = entry.forward.protocol == plan::ForwardProtocol::Udp ? 1U : 0U,
                         .idle = static_cast<uint32_t>(entry.forward.idle),
                         .announces = entry.forward.proxyProtocol ? 1U : 0U};
    TRY(fill_places(entry.forward, order));
    return proxy.carry(order, entry.listening.fd());
}

Status Forwards::add(const plan::Forward& forward, const std::string& program) {
    if (((home_.first | home_.then) & CLONE_NEWNET) == 0)
        return refusal("forward", "host-network", forward.listen);
    TRY(open(forward, program, true));
    Status carried = carry(all_.back());
    if (!carried.ok())
        close(std::prev(all_.end()));
    return carried;
}

bool Forwards::remove(const std::string& listen) {
    const auto found =
        std::ranges::find_if(all_, [&](const Entry& each) { return each.forward.listen == listen; });
    if (found == all_.end())
        return false;
    close(found);
    return true;
}

// The proxy's part goes, too: the port is free when this returns.
void Forwards::close(std::list<Entry>::iterator entry) {
    const size_t kind = kind_of(*entry);
    Proxy& proxy = proxies_[kind];
    entry->listening.close();
    const bool deaf = proxy.running() && !proxy.drop(entry->number).ok();
    const bool file = is_file(entry->forward);
    all_.erase(entry);
    if (file)
        (void)record_(); // a record of what is gone already is cleared by whoever reads it
    if (!deaf)
        return;
    proxy.end();
    (void)start_anew(kind);
}

void Forwards::leave() {
    for (Proxy& proxy : proxies_)
        proxy.end();
}

void Forwards::close() {
    while (!all_.empty())
        close(all_.begin());
}

// In the place of a proxy that is gone. Where that fails, who comes is refused rather than left waiting for
// nobody.
Status Forwards::start_anew(size_t kind) {
    Status carried;
    for (const Entry& entry : all_)
        if (carried.ok() && kind_of(entry) == kind)
            carried = carry(entry);
    if (!carried.ok())
        give_up(kind);
    return carried;
}

void Forwards::give_up(size_t kind) {
    proxies_[kind].end();
    for (auto each = all_.begin(); each != all_.end();) {
        const auto entry = each++;
        if (kind_of(*entry) == kind)
            close(entry);
    }
}

bool Forwards::reaped(pid_t pid, Status& failure) {
    const auto proxy = std::ranges::find(proxies_, pid, &Proxy::pid);
    if (proxy == std::end(proxies_))
        return false;
    const auto kind = static_cast<size_t>(proxy - proxies_);
    proxy->forget();
    if (proxy->lasted()) {
        failure = start_anew(kind);
        return true;
    }
    failure = refusal("forward", "proxy-ended");
    give_up(kind);
    return true;
}

std::string Forwards::member() const {
    return json_members([&](Json& json) {
        json.objects("forwards", all_, [&](const Entry& entry) {
            json.member("listen", entry.forward.listen);
            json.member("connect", entry.forward.connect);
            json.member("live", entry.live);
        });
    });
}

std::vector<plan::Leaving> Forwards::leavings() const {
    std::vector<plan::Leaving> all;
    for (const Entry& entry : all_)
        if (const auto* socket = std::get_if<plan::HostSocket>(&entry.forward.from))
            all.emplace_back(plan::LeftSocket{socket->path, socket->lock});
    return all;
}

} // namespace tlxc
