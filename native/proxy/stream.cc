#include "proxy/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "proxy/announce.h"

namespace tlxc::proxy {
namespace {

constexpr size_t kMost = 1 << 20; // what one splice may move; the pipe holds what it can
constexpr int kRounds = 16;       // then it is the others' turn
constexpr int kSynRetries = 4;    // about half a minute for a service that does not answer
constexpr int kRetryMs = 50;      // a Unix socket's queue is full: nothing tells when that ends
constexpr int kMostTries = 600;
constexpr uint32_t kAll = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

bool moved_nothing() {
    return errno == EAGAIN || errno == EINTR;
}

void set(int fd, int level, int option, int value) {
    setsockopt(fd, level, option, &value, sizeof value);
}

// What it carries was sent as it should be, so nothing waits for more to come; a peer that is gone without a
// word does not keep its connection. A Unix socket knows none of this.
void prepare(int fd) {
    set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

bool is_unix(const forward::Place& place) {
    return place.address.ss_family == AF_UNIX;
}

} // namespace

void Stream::begin() {
    prepare(fds_[kClient].get());
    connect();
}

void Stream::connect() {
    while (next_ < order_.places) {
        const forward::Place& place = order_.place[next_];
        UniqueFd& fd = fds_[kService];
        fd.reset(socket(place.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        if (!fd)
            return abort();
        if (!is_unix(place))
            set(fd.get(), IPPROTO_TCP, TCP_SYNCNT, kSynRetries);
        const int result = ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&place.address), place.size);
        if (result == 0)
            return connected();
        if (errno == EINPROGRESS) {
            ++next_;
            if (!around_.loop.add(fd.get(), EPOLLOUT, *this, kService))
                abort();
            return;
        }
        if (errno == EAGAIN && ++tries_ < kMostTries)
            return around_.loop.wake_in(kRetryMs, *this);
        ++next_;
    }
    abort();
}

void Stream::connected() {
    const int client = fds_[kClient].get(), service = fds_[kService].get();
    connected_ = true;
    prepare(service);
    if (order_.announces != 0 && !announce(client, service))
        return abort();
    if (!around_.loop.add(client, kAll, *this, kClient))
        return abort();
    if (!around_.loop.add(service, kAll, *this, kService))
        around_.loop.change(service, kAll, *this, kService); // it was watched while it connected
}

void Stream::ready(unsigned side, uint32_t events) {
    if (!connected_) {
        int error = 0;
        socklen_t size = sizeof error;
        if (getsockopt(fds_[kService].get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0)
            return connect();
        return connected();
    }
    if (events == 0)
        waiting_ = false;
    const bool broken = (events & EPOLLERR) != 0;
    const bool closed = (events & (EPOLLHUP | EPOLLRDHUP)) != 0;
    if (broken || closed || (events & EPOLLIN) != 0)
        readable_[side] = true;
    if (broken || (events & (EPOLLOUT | EPOLLHUP)) != 0)
        writable_[side] = true;
    carry();
    if (broken && fds_[side])
        abort(); // nothing was left to read or to write that would have told
}

// Moves what can be moved, both ways.
void Stream::carry() {
    bool more = false;
    for (Flow& flow : flows_) {
        const Progress progress = pump(flow);
        if (progress == Progress::Lost)
            return abort();
        more = more || progress == Progress::More;
    }
    if (flows_[0].done && flows_[1].done)
        return close();
    if (more && !waiting_) {
        waiting_ = true;
        around_.loop.again(*this);
    }
}

Stream::Progress Stream::pump(Flow& flow) {
    for (int round = 0; round < kRounds; ++round) {
        if (flow.done)
            return Progress::Blocked;
        if (flow.held == 0 && !flow.ended) {
            if (!readable_[flow.from])
                return Progress::Blocked;
            if (!fill(flow))
                return Progress::Lost;
        }
        if (flow.held > 0) {
            if (!writable_[flow.to])
                return Progress::Blocked;
            if (!drain(flow))
                return Progress::Lost;
        }
        if (flow.held > 0)
            continue;
        if (flow.pipe)
            around_.pipes.give_back(std::move(flow.pipe));
        if (flow.ended) {
            shutdown(fds_[flow.to].get(), SHUT_WR);
            flow.done = true;
        }
    }
    return Progress::More;
}

// From the socket into the pipe. An empty pipe has room: EAGAIN speaks of the socket.
bool Stream::fill(Flow& flow) {
    if (!flow.pipe)
        flow.pipe = around_.pipes.take();
    if (!flow.pipe)
        return false;
    const ssize_t size = splice(fds_[flow.from].get(), nullptr, flow.pipe.write.get(), nullptr, kMost,
                                SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (size > 0)
        flow.held = static_cast<size_t>(size);
    else if (size == 0)
        flow.ended = true;
    else if (moved_nothing())
        readable_[flow.from] = false;
    else
        return false;
    return true;
}

bool Stream::drain(Flow& flow) {
    const ssize_t size = splice(flow.pipe.read.get(), nullptr, fds_[flow.to].get(), nullptr, flow.held,
                                SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (size > 0)
        flow.held -= static_cast<size_t>(size);
    else if (size < 0 && moved_nothing())
        writable_[flow.to] = false;
    else
        return false;
    return true;
}

void Stream::abort() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    for (const UniqueFd& fd : fds_)
        if (fd)
            setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
}

void Stream::close() {
    for (UniqueFd& fd : fds_)
        fd.reset();
    for (Flow& flow : flows_)
        flow.pipe = {}; // not given back: bytes may be left in it
    around_.owner.over(*this);
}

} // namespace tlxc::proxy
