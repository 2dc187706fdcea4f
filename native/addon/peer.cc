#include "addon/peer.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "common/unique_fd.h"

namespace tlxc {

namespace {

bool read_peer(int socket, ucred& peer) {
    socklen_t size = sizeof peer;
    return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;
}

} // namespace

bool peer_is_trusted(int socket) {
    ucred peer{};
    return read_peer(socket, peer) && (peer.uid == 0 || peer.uid == ::geteuid());
}

PeerStanding standing_of_peer(int socket) {
    ucred peer{};
    PeerStanding standing;
    if (!read_peer(socket, peer) || peer.pid <= 0)
        return standing;
    standing.pid = peer.pid;
    const std::string path = "/proc/" + std::to_string(peer.pid) + "/status";
    const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    char text[4096];
    const ssize_t length = file ? ::read(file.get(), text, sizeof text) : -1;
    if (length <= 0)
        return standing;
    // The name is escaped: no other line begins so.
    const std::string status{text, static_cast<size_t>(length)};
    if (const size_t at = status.find("\nState:\t"); at != std::string::npos && at + 8 < status.size())
        standing.state = status[at + 8];
    for (const char* key : {"\nvoluntary_ctxt_switches:\t", "\nnonvoluntary_ctxt_switches:\t"})
        if (const size_t at = status.find(key); at != std::string::npos)
            standing.switches += std::strtol(status.c_str() + at + std::strlen(key), nullptr, 10);
    return standing;
}

} // namespace tlxc
