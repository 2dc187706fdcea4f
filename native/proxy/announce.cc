#include "proxy/announce.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

namespace tlxc::proxy {
namespace {

constexpr size_t kRoom = 160; // the longest has 107 bytes

struct End {
    bool four = false;
    char text[INET6_ADDRSTRLEN] = "";
    in_port_t port = 0;
};

// Port 0: no address of a network, as a Unix socket's.
End end_of(const sockaddr_storage& address) {
    End end;
    if (address.ss_family == AF_INET) {
        const auto& four = reinterpret_cast<const sockaddr_in&>(address);
        end.four = inet_ntop(AF_INET, &four.sin_addr, end.text, sizeof end.text) != nullptr;
        end.port = ntohs(four.sin_port);
    } else if (address.ss_family == AF_INET6) {
        const auto& six = reinterpret_cast<const sockaddr_in6&>(address);
        // What came by IPv4 to a socket of both.
        end.four = IN6_IS_ADDR_V4MAPPED(&six.sin6_addr);
        if (end.four)
            inet_ntop(AF_INET, &six.sin6_addr.s6_addr[12], end.text, sizeof end.text);
        else
            inet_ntop(AF_INET6, &six.sin6_addr, end.text, sizeof end.text);
        end.port = ntohs(six.sin6_port);
    }
    return end;
}

} // namespace

bool announce(int client, int service) {
    sockaddr_storage peer{}, own{};
    socklen_t peerSize = sizeof peer, ownSize = sizeof own;
    if (getpeername(client, reinterpret_cast<sockaddr*>(&peer), &peerSize) != 0 ||
        getsockname(client, reinterpret_cast<sockaddr*>(&own), &ownSize) != 0)
        return false;
    const End from = end_of(peer), to = end_of(own);
    char line[kRoom] = "PROXY UNKNOWN\r\n";
    if (from.port != 0 && to.port != 0)
        snprintf(line, sizeof line, "PROXY TCP%c %s %s %u %u\r\n", from.four ? '4' : '6', from.text, to.text,
                 from.port, to.port);
    const size_t size = strlen(line);
    // A new connection has room for it.
    return send(service, line, size, MSG_NOSIGNAL) == static_cast<ssize_t>(size);
}

} // namespace tlxc::proxy
