#include "proxy/datagrams.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

namespace tlxc::proxy {
namespace {

constexpr int kAtOnce = 64; // then it is the others' turn
constexpr size_t kMostConversations = 4096;
constexpr size_t kLargest = 65536;
constexpr size_t kKept = 4096; // of what no service has answered yet: anybody may send that
char buffer[kLargest];

std::string key_of(const Peer& peer) {
    std::string key(reinterpret_cast<const char*>(&peer.address), peer.size);
    return key.append(peer.local, peer.localSize);
}

template <typename Info> void keep(Peer& peer, int level, int type, const Info& info) {
    auto* const header = reinterpret_cast<cmsghdr*>(peer.local);
    header->cmsg_level = level;
    header->cmsg_type = type;
    header->cmsg_len = CMSG_LEN(sizeof info);
    memcpy(CMSG_DATA(header), &info, sizeof info);
    peer.localSize = CMSG_SPACE(sizeof info);
}

// By which of the host's addresses the datagram came. The interface matters only where the address is one of
// a link.
void remember_local(msghdr& message, Peer& peer) {
    for (cmsghdr* each = CMSG_FIRSTHDR(&message); each != nullptr; each = CMSG_NXTHDR(&message, each)) {
        if (each->cmsg_level == IPPROTO_IP && each->cmsg_type == IP_PKTINFO) {
            in_pktinfo info;
            memcpy(&info, CMSG_DATA(each), sizeof info);
            info.ipi_ifindex = 0;
            info.ipi_addr = {};
            keep(peer, IPPROTO_IP, IP_PKTINFO, info);
        } else if (each->cmsg_level == IPPROTO_IPV6 && each->cmsg_type == IPV6_PKTINFO) {
            in6_pktinfo info;
            memcpy(&info, CMSG_DATA(each), sizeof info);
            if (!IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
                info.ipi6_ifindex = 0;
            keep(peer, IPPROTO_IPV6, IPV6_PKTINFO, info);
        }
    }
}

ssize_t receive(int fd, Peer& peer) {
    alignas(cmsghdr) char control[256];
    iovec data{.iov_base = buffer, .iov_len = sizeof buffer};
    msghdr message{};
    message.msg_name = &peer.address;
    message.msg_namelen = sizeof peer.address;
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t size = recvmsg(fd, &message, 0);
    peer.size = message.msg_namelen;
    if (size >= 0)
        remember_local(message, peer);
    return size;
}

} // namespace

bool Conversation::open() {
    const forward::Order& order = owner_.order_;
    while (next_ < order.places) {
        const forward::Place& place = order.place[next_++];
        fd_.reset(socket(place.address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        if (fd_ && connect(fd_.get(), reinterpret_cast<const sockaddr*>(&place.address), place.size) == 0 &&
            owner_.around_.loop.add(fd_.get(), EPOLLIN, *this))
            return true;
    }
    fd_.reset();
    return false;
}

void Conversation::say(const char* data, size_t size) {
    // What cannot be sent is lost, as datagrams are; a service that is not there says so on the next read.
    (void)::send(fd_.get(), data, size, 0);
    if (!answered_)
        kept_.assign(data, size <= kKept ? size : 0); // after it: what is said again is kept_ itself
}

void Conversation::ready(unsigned, uint32_t) {
    for (int count = 0; count < kAtOnce; ++count) {
        const ssize_t size = recv(fd_.get(), buffer, sizeof buffer, 0);
        if (size < 0 && errno == ECONNREFUSED && refused())
            continue;
        if (size < 0)
            return;
        answered_ = true;
        kept_.clear();
        owner_.touch(*this);
        owner_.answer(peer_, buffer, static_cast<size_t>(size));
    }
}

// Nobody listens there: the next place is tried, with what was said last. False: that was the last one, and
// what the client says next begins anew.
bool Conversation::refused() {
    if (answered_)
        return true;
    if (!open()) {
        owner_.over(*this);
        return false;
    }
    say(kept_.data(), kept_.size());
    return true;
}

bool Datagrams::begin() {
    return around_.loop.add(listener_.get(), EPOLLIN, *this);
}

void Datagrams::ready(unsigned, uint32_t) {
    for (int count = 0; count < kAtOnce; ++count) {
        Peer peer;
        const ssize_t size = receive(listener_.get(), peer);
        if (size < 0 && errno == EAGAIN)
            return;
        if (size < 0)
            continue; // what came back for an answer to a client that is gone
        if (Conversation* const conversation = with(peer)) {
            touch(*conversation);
            conversation->say(buffer, static_cast<size_t>(size));
        }
    }
}

// The one that has been silent longest makes room.
Conversation* Datagrams::with(const Peer& peer) {
    const std::string key = key_of(peer);
    if (const auto found = all_.find(key); found != all_.end())
        return found->second.get();
    if (all_.size() >= kMostConversations)
        over(*silence_.front());
    if (!around_.budget.take(Conversation::kDescriptors)) {
        if (silence_.empty())
            return nullptr;
        over(*silence_.front());
        (void)around_.budget.take(Conversation::kDescriptors);
    }
    auto made = std::make_unique<Conversation>(*this, peer);
    if (!made->open()) {
        around_.budget.give_back(Conversation::kDescriptors);
        return nullptr;
    }
    Conversation& conversation = *made;
    conversation.place = silence_.insert(silence_.end(), &conversation);
    all_.emplace(key, std::move(made));
    if (!waking_)
        around_.loop.wake_in(silenceMs(), *this);
    waking_ = true;
    return &conversation;
}

void Datagrams::touch(Conversation& conversation) {
    conversation.last = around_.loop.now();
    silence_.splice(silence_.end(), silence_, conversation.place);
}

void Datagrams::over(Conversation& conversation) {
    silence_.erase(conversation.place);
    conversation.close();
    const auto found = all_.find(key_of(conversation.peer_));
    around_.loop.bury(std::move(found->second));
    all_.erase(found);
    around_.budget.give_back(Conversation::kDescriptors);
}

void Datagrams::awake() {
    const int64_t now = around_.loop.now();
    while (!silence_.empty() && now - silence_.front()->last >= silenceMs())
        over(*silence_.front());
    waking_ = !silence_.empty();
    if (waking_)
        around_.loop.wake_in(silence_.front()->last + silenceMs() - now, *this);
}

void Datagrams::answer(const Peer& peer, const char* data, size_t size) {
    Peer to = peer; // sendmsg takes what it does not change by plain pointers
    iovec part{.iov_base = const_cast<char*>(data), .iov_len = size};
    msghdr message{};
    message.msg_name = &to.address;
    message.msg_namelen = to.size;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = to.localSize > 0 ? to.local : nullptr;
    message.msg_controllen = to.localSize;
    (void)sendmsg(listener_.get(), &message, MSG_NOSIGNAL);
}

void Datagrams::end() {
    around_.loop.remove(listener_.get());
    listener_.reset();
    while (!silence_.empty())
        over(*silence_.front());
}

} // namespace tlxc::proxy
