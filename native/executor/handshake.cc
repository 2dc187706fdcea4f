#include "executor/handshake.h"

#include <sys/socket.h>
#include <sys/time.h>

#include "executor/network/packet.h"

namespace tlxc::handshake {
namespace {

constexpr size_t kMountsAMessage = 200; // fewer than the kernel takes in one datagram

// Each message's fields, in their order on the wire: write and read are kept side by side.
template <typename Message> struct Wire;

template <Tag kTag, typename Message> struct Empty {
    static constexpr Tag tag = kTag;
    static void write(Packet&, const Message&) {}
    static void read(Packet&, Message&) {}
};
template <> struct Wire<Mapped> : Empty<Tag::Mapped, Mapped> {};
template <> struct Wire<HooksDone> : Empty<Tag::HooksDone, HooksDone> {};
template <> struct Wire<Executing> : Empty<Tag::Executing, Executing> {};

template <> struct Wire<Network> {
    static constexpr Tag tag = Tag::Network;
    static void write(Packet& packet, const Network& message) { packet.put_descriptor(message.socket); }
    static void read(Packet& packet, Network& message) { message.socket = packet.descriptor(); }
};

template <> struct Wire<Born> {
    static constexpr Tag tag = Tag::Born;
    static void write(Packet& packet, const Born& message) { packet.put(message.pid); }
    static void read(Packet& packet, Born& message) { message.pid = packet.number(); }
};

template <> struct Wire<Mounts> {
    static constexpr Tag tag = Tag::Mounts;
    static void write(Packet& packet, const Mounts& message) {
        packet.put(static_cast<int64_t>(message.last));
        packet.put(static_cast<int64_t>(message.mounts.size()));
        for (const auto& each : message.mounts) {
            packet.put(each.step);
            packet.put_descriptor(each.mount);
        }
    }
    static void read(Packet& packet, Mounts& message) {
        message.last = packet.number() != 0;
        for (int64_t left = packet.number(); left > 0 && packet.intact(); --left) {
            const int64_t step = packet.number();
            message.mounts.push_back({step, packet.descriptor()});
        }
    }
};

template <> struct Wire<Tty> {
    static constexpr Tag tag = Tag::Tty;
    static void write(Packet& packet, const Tty& message) {
        packet.put(message.terminal.slave);
        packet.put_descriptor(message.terminal.master);
        packet.put_descriptor(message.terminal.peer);
    }
    static void read(Packet& packet, Tty& message) {
        message.terminal.slave = packet.text();
        message.terminal.master = packet.descriptor();
        message.terminal.peer = packet.descriptor();
    }
};

template <> struct Wire<Ready> {
    static constexpr Tag tag = Tag::Ready;
    static void write(Packet& packet, const Ready& message) {
        for (const auto* fd : {&message.devpts, &message.console, &message.consolePeer})
            packet.put_descriptor(*fd);
    }
    static void read(Packet& packet, Ready& message) {
        for (auto* fd : {&message.devpts, &message.console, &message.consolePeer})
            *fd = packet.descriptor();
    }
};

template <> struct Wire<Go> {
    static constexpr Tag tag = Tag::Go;
    static void write(Packet& packet, const Go& message) {
        packet.put_descriptor(message.filter.program);
        packet.put_descriptor(message.filter.listeners);
    }
    static void read(Packet& packet, Go& message) {
        message.filter.program = packet.descriptor();
        message.filter.listeners = packet.descriptor();
    }
};

template <> struct Wire<Failure> {
    static constexpr Tag tag = Tag::Failed;
    static void write(Packet& packet, const Failure& failure) {
        packet.put(static_cast<int64_t>(failure.err));
        packet.put(static_cast<int64_t>(failure.line));
        for (const auto* text :
             {&failure.step, &failure.syscall, &failure.path, &failure.detail, &failure.file, &failure.key})
            packet.put(*text);
    }
    static void read(Packet& packet, Failure& failure) {
        failure.err = static_cast<int>(packet.number());
        failure.line = static_cast<long>(packet.number());
        for (auto* text :
             {&failure.step, &failure.syscall, &failure.path, &failure.detail, &failure.file, &failure.key})
            *text = packet.text();
    }
};

// What came instead of the expected message.
Failure unexpected(Packet& packet) {
    if (packet.tag() == Tag::End)
        return refusal("handshake", kEnded);
    if (packet.tag() != Tag::Failed)
        return refusal("handshake", "a message out of order");
    Failure failure;
    Wire<Failure>::read(packet, failure);
    return failure;
}

} // namespace

Result<std::pair<Channel, Channel>> Channel::make() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return syscall_failure("handshake", "socketpair");
    // A sender waits only when the other side has not read for long.
    constexpr timeval kPatience{.tv_sec = 60, .tv_usec = 0};
    for (const int end : ends)
        setsockopt(end, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
    return std::pair{Channel(UniqueFd{ends[0]}), Channel(UniqueFd{ends[1]})};
}

template <typename Message> Status Channel::send(const Message& message) {
    Packet packet(Wire<Message>::tag);
    Wire<Message>::write(packet, message);
    return packet.send(socket_.get());
}

template <typename Message> Result<Message> Channel::receive(const Deadline& deadline) {
    Packet packet = TRY(Packet::receive(socket_.get(), deadline));
    if (packet.tag() != Wire<Message>::tag)
        return unexpected(packet);
    Message message;
    Wire<Message>::read(packet, message);
    if (!packet.intact())
        return refusal("handshake", "a message too short");
    return message;
}

Status Channel::send_mounts(std::vector<PreparedMount> mounts) {
    for (size_t sent = 0;;) {
        Mounts message;
        for (; sent < mounts.size() && message.mounts.size() < kMountsAMessage; ++sent)
            message.mounts.push_back(std::move(mounts[sent]));
        message.last = sent == mounts.size();
        TRY(send(message));
        if (message.last)
            return {};
    }
}

Result<std::vector<PreparedMount>> Channel::receive_mounts(const Deadline& deadline) {
    std::vector<PreparedMount> mounts;
    for (bool last = false; !last;) {
        Mounts message = TRY(receive<Mounts>(deadline));
        last = message.last;
        for (auto& each : message.mounts)
            mounts.push_back(std::move(each));
    }
    return mounts;
}

Status Channel::wait_for_end(const Deadline& deadline) {
    Packet packet = TRY(Packet::receive(socket_.get(), deadline));
    if (packet.tag() == Tag::End)
        return {};
    return unexpected(packet);
}

std::optional<Failure> Channel::last_words() {
    while (socket_) {
        auto packet = Packet::receive(socket_.get(), Deadline(0));
        if (!packet.ok() || packet.value().tag() == Tag::End)
            break;
        if (packet.value().tag() == Tag::Failed)
            return unexpected(packet.value());
    }
    return std::nullopt;
}

template Status Channel::send(const Born&);
template Status Channel::send(const Mapped&);
template Status Channel::send(const Network&);
template Status Channel::send(const HooksDone&);
template Status Channel::send(const Tty&);
template Status Channel::send(const Ready&);
template Status Channel::send(const Go&);
template Status Channel::send(const Executing&);
template Status Channel::send(const Failure&);
template Result<Born> Channel::receive(const Deadline&);
template Result<Mapped> Channel::receive(const Deadline&);
template Result<Network> Channel::receive(const Deadline&);
template Result<HooksDone> Channel::receive(const Deadline&);
template Result<Tty> Channel::receive(const Deadline&);
template Result<Ready> Channel::receive(const Deadline&);
template Result<Go> Channel::receive(const Deadline&);
template Result<Executing> Channel::receive(const Deadline&);

} // namespace tlxc::handshake
