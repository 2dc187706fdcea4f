#include "executor/network/packet.h"

#include <poll.h>
#include <sys/socket.h>

#include <cstring>

namespace tlxc {
namespace {

constexpr size_t kLargest = 32 * 1024;

union ControlSpace {
    cmsghdr header; // for its alignment
    char bytes[CMSG_SPACE(sizeof(int) * Packet::kMostDescriptors)];
};

void keep_descriptors(msghdr& header, std::vector<UniqueFd>& kept) {
    for (cmsghdr* each = CMSG_FIRSTHDR(&header); each != nullptr; each = CMSG_NXTHDR(&header, each)) {
        if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS)
            continue;
        const size_t count = (each->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; ++i) {
            int fd = -1;
            memcpy(&fd, CMSG_DATA(each) + i * sizeof fd, sizeof fd);
            kept.emplace_back(fd);
        }
    }
}

} // namespace

void Packet::put(int64_t number) {
    body_.append(reinterpret_cast<const char*>(&number), sizeof number);
}

void Packet::put(const std::string& text) {
    put(static_cast<int64_t>(text.size()));
    body_ += text;
}

void Packet::put_descriptor(const UniqueFd& fd) {
    put(static_cast<int64_t>(fd ? 1 : 0));
    if (fd)
        lent_.push_back(fd.get());
}

int64_t Packet::number() {
    int64_t number = 0;
    intact_ = intact_ && body_.size() - at_ >= sizeof number;
    if (!intact_)
        return 0;
    memcpy(&number, body_.data() + at_, sizeof number);
    at_ += sizeof number;
    return number;
}

std::string Packet::text() {
    const auto size = static_cast<uint64_t>(number());
    intact_ = intact_ && body_.size() - at_ >= size;
    if (!intact_)
        return {};
    at_ += size;
    return body_.substr(at_ - size, size);
}

UniqueFd Packet::descriptor() {
    if (number() == 0)
        return {};
    intact_ = intact_ && nextDescriptor_ < taken_.size();
    if (!intact_)
        return {};
    return std::move(taken_[nextDescriptor_++]);
}

Status Packet::send(int socket) const {
    Tag tag = tag_;
    iovec parts[] = {{&tag, sizeof tag}, {const_cast<char*>(body_.data()), body_.size()}};
    msghdr header{};
    header.msg_iov = parts;
    header.msg_iovlen = std::size(parts);
    ControlSpace control{};
    if (!lent_.empty()) {
        header.msg_control = control.bytes;
        header.msg_controllen = CMSG_SPACE(lent_.size() * sizeof(int));
        cmsghdr* rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(lent_.size() * sizeof(int));
        memcpy(CMSG_DATA(rights), lent_.data(), lent_.size() * sizeof(int));
    }
    if (sendmsg(socket, &header, MSG_NOSIGNAL) < 0)
        return syscall_failure("handshake", "sendmsg");
    return {};
}

Result<Packet> Packet::receive(int socket, const Deadline& deadline) {
    pollfd readable{.fd = socket, .events = POLLIN, .revents = 0};
    int ready;
    while ((ready = poll(&readable, 1, deadline.left())) < 0 && errno == EINTR) {
    }
    if (ready == 0)
        errno = ETIMEDOUT;
    if (ready <= 0)
        return syscall_failure("handshake", "poll");

    // Most are a few bytes: a buffer of that size made for each would be cleared, and paged in, for nothing.
    // One for all: there is one thread.
    static char body[kLargest];
    Packet packet;
    iovec parts[] = {{&packet.tag_, sizeof packet.tag_}, {body, sizeof body}};
    ControlSpace control{};
    msghdr header{};
    header.msg_iov = parts;
    header.msg_iovlen = std::size(parts);
    header.msg_control = control.bytes;
    header.msg_controllen = sizeof control;
    ssize_t size = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
    // A peer that died with datagrams of ours unread: said once, before its own last words can be read.
    if (size < 0 && errno == ECONNRESET)
        size = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
    if (size == 0)
        return Packet(Tag::End);
    if (size < 0)
        return syscall_failure("handshake", "recvmsg");
    keep_descriptors(header, packet.taken_);
    // The buffer takes all that is sent: descriptors are cut off where this process may have no more of them.
    if ((header.msg_flags & MSG_CTRUNC) != 0) {
        errno = EMFILE;
        return syscall_failure("handshake", "recvmsg");
    }
    if ((header.msg_flags & MSG_TRUNC) != 0)
        return refusal("handshake", "a message too long");
    if (static_cast<size_t>(size) < sizeof packet.tag_)
        return refusal("handshake", "a message too short");
    packet.body_.assign(body, static_cast<size_t>(size) - sizeof packet.tag_);
    return packet;
}

} // namespace tlxc
