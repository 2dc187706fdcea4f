#include "executor/security/notify_proxy.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace tlxc {
namespace {

// Words for a structure of which this program knows `known` bytes and the kernel `told`.
std::vector<uint64_t> space(size_t known, size_t told) {
    return std::vector<uint64_t>((std::max(known, told) + sizeof(uint64_t) - 1) / sizeof(uint64_t));
}

void clear(std::vector<uint64_t>& words) {
    std::ranges::fill(words, 0);
}

} // namespace

// ---- the kernel's side

Status Notification::allocate() {
    if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes_) != 0)
        return syscall_failure("seccomp", "seccomp(SECCOMP_GET_NOTIF_SIZES)");
    question_ = space(sizeof(seccomp_notif), sizes_.seccomp_notif);
    response_ = space(sizeof(seccomp_notif_resp), sizes_.seccomp_notif_resp);
    return {};
}

bool Notification::take(int listener) {
    clear(question_); // the kernel refuses what is not zero
    clear(response_);
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &question()) != 0)
        return false;
    response().id = question().id;
    return true;
}

bool Notification::pending(int listener) const {
    uint64_t id = question().id;
    return ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

bool Notification::answer(int listener) {
    return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response()) == 0;
}

void Notification::answer_unknown(int listener) {
    clear(response_);
    response().id = question().id;
    response().error = -ENOSYS;
    (void)answer(listener);
}

// ---- the proxy's side

bool NotifyProxy::connect() {
    if (socket_)
        return true;
    sockaddr_un address{.sun_family = AF_UNIX};
    if (address_.empty() || address_.size() >= sizeof address.sun_path) {
        errno = EINVAL;
        return false;
    }
    memcpy(address.sun_path, address_.data(), address_.size());
    const bool abstract = address_[0] == '@';
    if (abstract)
        address.sun_path[0] = '\0';
    const size_t length = offsetof(sockaddr_un, sun_path) + address_.size() + (abstract ? 0 : 1);
    UniqueFd socket{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address),
                             static_cast<socklen_t>(length)) != 0)
        return false;
    socket_ = std::move(socket);
    return true;
}

bool NotifyProxy::ask(Notification& notification, int listener) {
    const bool old = static_cast<bool>(socket_);
    if (!connect())
        return false;
    const std::string process = "/proc/" + std::to_string(notification.question().pid);
    const UniqueFd directory{open(process.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    const UniqueFd memory{open((process + "/mem").c_str(), O_RDWR | O_CLOEXEC)};
    if (!directory || !memory || !notification.pending(listener))
        return false;
    const int fds[] = {directory.get(), memory.get(), listener};
    if (send(notification, fds))
        return true;
    disconnect();
    return old && connect() && send(notification, fds);
}

bool NotifyProxy::send(Notification& notification, const int (&fds)[3]) {
    Head head{
        .monitor = getpid(), .init = init_, .sizes = notification.sizes(), .cookieLength = cookie_.size()};
    iovec parts[] = {{&head, sizeof head},
                     {&notification.question(), head.sizes.seccomp_notif},
                     {&notification.response(), head.sizes.seccomp_notif_resp},
                     {cookie_.data(), cookie_.size()}};
    union {
        cmsghdr header; // for its alignment
        char bytes[CMSG_SPACE(sizeof fds)];
    } control{};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = cookie_.empty() ? 3 : 4;
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control;
    cmsghdr* rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof fds);
    memcpy(CMSG_DATA(rights), fds, sizeof fds);
    return sendmsg(socket_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT) > 0;
}

bool NotifyProxy::hear(Notification& notification) {
    const uint64_t id = notification.question().id;
    Head head{};
    std::vector<uint64_t> echo = space(sizeof(seccomp_notif), notification.sizes().seccomp_notif);
    iovec parts[] = {{&head, sizeof head},
                     {echo.data(), notification.sizes().seccomp_notif},
                     {&notification.response(), notification.sizes().seccomp_notif_resp}};
    size_t whole = 0;
    for (const iovec& part : parts)
        whole += part.iov_len;
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = std::size(parts);
    const ssize_t size = recvmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_TRUNC);
    return size == static_cast<ssize_t>(whole) && head.reserved == 0 && notification.response().id == id;
}

} // namespace tlxc
