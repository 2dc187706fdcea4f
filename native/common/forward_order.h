// What tlxc-monitor tells tlxc-proxy, one order a datagram, and what it answers to each. The proxy finds the
// socket for it as its standard input.
#pragma once
#include <sys/socket.h>

#include <cstdint>

namespace tlxc::forward {

// Of what follows: the monitor tells it to the proxy that it starts, whose program may have been replaced
// since the monitor's own was. It changes with the structs; of Answer the form stays.
inline constexpr char kVersion[] = "2";

// Where a socket is connected to, ready for connect(2).
struct Place {
    sockaddr_storage address;
    uint32_t size;
};

struct Order {
    // Carry brings a socket that listens, as SCM_RIGHTS, and connects what comes there to the first place
    // that takes it. Drop ends all that goes by the number.
    enum class Kind : uint32_t { Carry, Drop };
    static constexpr uint32_t kMostPlaces = 2;

    Kind kind = Kind::Carry;
    uint32_t number = 0;    // of the forward; a range of ports shares one
    uint32_t datagrams = 0; // 1: the socket is of UDP
    uint32_t idle = 0;      // of UDP: seconds of silence that end a conversation
    uint32_t announces = 0; // 1: the service is told by a PROXY line who the client is
    uint32_t places = 0;
    Place place[kMostPlaces] = {};
};

// The first one says that the proxy is at home in the container and has nothing else any more.
struct Answer {
    int32_t err = 0;    // errno
    char call[60] = {}; // which failed
};

static_assert(sizeof(Order) == 296 && sizeof(Answer) == 64, "what has another form has another kVersion");

} // namespace tlxc::forward
