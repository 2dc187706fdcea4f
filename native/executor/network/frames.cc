#include "executor/network/frames.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/if_ether.h>
#include <poll.h>
#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

namespace tlxc::frames {
namespace {

constexpr int kTap = 3, kPasst = 4; // the descriptors, once all others are closed
constexpr int kGone = 0, kPasstGone = 1, kNotConfined = 2;
constexpr size_t kRoom = 512 * 1024;

bool is_ipv4_loopback(const uint8_t* address) {
    return address[0] == 127 || address[0] == 0;
}

// ::/80: nobody, loopback, and IPv4's addresses as IPv6 writes them (::ffff:127.0.0.1).
bool is_ipv6_loopback(const uint8_t* address) {
    return std::all_of(address, address + 10, [](uint8_t byte) { return byte == 0; });
}

// Bytes on their way: what has come stands between taken and filled.
struct Buffer {
    uint8_t bytes[kRoom];
    size_t taken = 0, filled = 0;

    [[nodiscard]] size_t size() const { return filled - taken; }
    [[nodiscard]] const uint8_t* begin() const { return bytes + taken; }
    [[nodiscard]] size_t room() const { return kRoom - filled; }
    void make_room() {
        memmove(bytes, bytes + taken, size());
        filled = size();
        taken = 0;
    }
};

// Static: no memory is to be had once it is confined, and none has to be.
Buffer leaving, coming;

bool has_only_to_wait() {
    return errno == EAGAIN || errno == EINTR;
}

// Of the interface: where the container has it down, the kernel says EIO, and the frame is lost.
bool is_gone() {
    return !has_only_to_wait() && (errno == EBADFD || errno == EBADF);
}

// All that the interface has, as far as there is room.
void read_tap() {
    while (leaving.room() >= kHeader + kLongest) {
        uint8_t* const header = leaving.bytes + leaving.filled;
        const ssize_t size = read(kTap, header + kHeader, kLongest);
        if (size <= 0) {
            if (size < 0 && is_gone())
                _exit(kGone);
            return;
        }
        if (!may_leave(header + kHeader, static_cast<size_t>(size)))
            continue;
        const uint32_t length = htonl(static_cast<uint32_t>(size));
        memcpy(header, &length, kHeader);
        leaving.filled += kHeader + static_cast<size_t>(size);
    }
}

void write_passt() {
    while (leaving.size() > 0) {
        const ssize_t size = write(kPasst, leaving.begin(), leaving.size());
        if (size < 0) {
            if (!has_only_to_wait())
                _exit(kPasstGone);
            break;
        }
        leaving.taken += static_cast<size_t>(size);
    }
    leaving.make_room();
}

void read_passt() {
    const ssize_t size = read(kPasst, coming.bytes + coming.filled, coming.room());
    if (size == 0 || (size < 0 && !has_only_to_wait()))
        _exit(kPasstGone);
    if (size > 0)
        coming.filled += static_cast<size_t>(size);
}

void write_tap() {
    uint32_t length = 0;
    while (coming.size() >= kHeader) {
        memcpy(&length, coming.begin(), kHeader);
        const size_t size = ntohl(length);
        if (size < ETH_HLEN || size > kLongest)
            _exit(kPasstGone); // the stream is no frames any more
        if (coming.size() < kHeader + size)
            break;
        // A frame that the kernel has no place for is lost, as on a wire.
        if (write(kTap, coming.begin() + kHeader, size) < 0 && is_gone())
            _exit(kGone);
        coming.taken += kHeader + size;
    }
    coming.make_room();
}

bool confine() {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    bool done = filter != nullptr;
    for (const int call : {SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(poll), SCMP_SYS(ppoll),
                           SCMP_SYS(restart_syscall), SCMP_SYS(exit_group)})
        done = done && seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) == 0;
    return done && seccomp_load(filter) == 0; // sets no_new_privs, too
}

// Neither may lie where the other is to go.
bool keep_only(int tap, int passt) {
    const int one = fcntl(tap, F_DUPFD, kPasst + 1), other = fcntl(passt, F_DUPFD, kPasst + 1);
    return one >= 0 && other >= 0 && dup2(one, kTap) == kTap && dup2(other, kPasst) == kPasst &&
           syscall(SYS_close_range, kPasst + 1, ~0U, 0) == 0;
}

} // namespace

bool may_leave(const uint8_t* frame, size_t size) {
    constexpr size_t kIpv4Destination = ETH_HLEN + 16, kIpv6Destination = ETH_HLEN + 24;
    if (size < ETH_HLEN)
        return false;
    switch (frame[12] << 8 | frame[13]) {
    case ETH_P_ARP:
        return true;
    case ETH_P_IP:
        return size >= kIpv4Destination + 4 && !is_ipv4_loopback(frame + kIpv4Destination);
    case ETH_P_IPV6:
        return size >= kIpv6Destination + 16 && !is_ipv6_loopback(frame + kIpv6Destination);
    default:
        return false;
    }
}

void carry(int tap, int passt) {
    if (prctl(PR_SET_DUMPABLE, 0) != 0 || !keep_only(tap, passt) || !confine())
        _exit(kNotConfined);
    for (;;) {
        // Who is slower holds up the other: what waits is read no further.
        pollfd both[] = {{kTap, static_cast<short>(leaving.size() == 0 ? POLLIN : 0), 0},
                         {kPasst, static_cast<short>(leaving.size() == 0 ? POLLIN : POLLIN | POLLOUT), 0}};
        if (poll(both, 2, -1) < 0)
            continue;
        if ((both[0].revents & (POLLERR | POLLHUP)) != 0)
            _exit(kGone);
        if ((both[0].revents & POLLIN) != 0)
            read_tap();
        if (leaving.size() > 0)
            write_passt();
        if ((both[1].revents & (POLLIN | POLLERR | POLLHUP)) != 0) {
            read_passt();
            write_tap();
        }
    }
}

} // namespace tlxc::frames
