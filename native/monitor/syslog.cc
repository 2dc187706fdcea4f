#include "monitor/syslog.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

namespace tlxc {
namespace {

constexpr sockaddr_un kAddress{.sun_family = AF_UNIX, .sun_path = "/dev/log"};

// As RFC 3164 and every daemon wants it: local time, in English, without a zone.
std::string timestamp() {
    const time_t now = time(nullptr);
    tm local{};
    localtime_r(&now, &local);
    char text[32];
    return {text, strftime(text, sizeof text, "%b %e %H:%M:%S", &local)};
}

} // namespace

Status Syslog::open(int facility) {
    facility_ = facility;
    socket_.reset(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket_ ||
        connect(socket_.get(), reinterpret_cast<const sockaddr*>(&kAddress), sizeof kAddress) != 0)
        return syscall_failure("syslog", "connect", kAddress.sun_path);
    return {};
}

void Syslog::write(int priority, const std::string& text) {
    if (facility_ == 0)
        return;
    const std::string line = "<" + std::to_string(facility_ | priority) + ">" + timestamp() + " tlxc[" +
                             std::to_string(getpid()) + "]: " + text;
    if (send(socket_.get(), line.data(), line.size(), MSG_NOSIGNAL) < 0 && errno != EAGAIN &&
        open(facility_).ok())
        (void)!send(socket_.get(), line.data(), line.size(), MSG_NOSIGNAL);
}

} // namespace tlxc
