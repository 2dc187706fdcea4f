#include "addon/peer.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>

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

bool peer_is_working(int socket) {
    ucred peer{};
    if (!read_peer(socket, peer) || peer.pid <= 0)
        return false;
    const std::string path = "/proc/" + std::to_string(peer.pid) + "/stat";
    const UniqueFd stat{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    char text[512];
    const ssize_t length = stat ? ::read(stat.get(), text, sizeof text) : -1;
    if (length <= 0)
        return false;
    // The state is the field after the name, which is in parentheses and may itself hold some.
    const std::string_view line{text, static_cast<size_t>(length)};
    const size_t end = line.rfind(')');
    const char state = end != std::string_view::npos && end + 2 < line.size() ? line[end + 2] : '?';
    return state == 'R' || state == 'S';
}

} // namespace tlxc
