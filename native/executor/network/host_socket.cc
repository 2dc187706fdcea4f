#include "executor/network/host_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstdio>
#include <cstring>

#include "common/deadline.h"

namespace tlxc::host_socket {
namespace {

constexpr int kBacklog = 512;
constexpr int kAgainMs = 5;

Failure failed(const char* syscall, std::string path = {}) {
    return syscall_failure("forward", syscall, std::move(path));
}

bool set(int fd, int level, int option, int value) {
    return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

// A directory of the host's, and a name in it that nothing is followed through.
struct File {
    UniqueFd directory;
    std::string name;
};

Result<File> parent_of(const std::string& path) {
    const size_t slash = path.rfind('/');
    const std::string above = path.substr(0, slash == 0 ? 1 : slash);
    UniqueFd directory{open(above.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!directory)
        return failed("open", above);
    return File{std::move(directory), path.substr(slash + 1)};
}

// By the directory's descriptor: the path itself may be longer than an address can be.
sockaddr_un address_of(const File& file) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = "/proc/self/fd/" + std::to_string(file.directory.get()) + "/" + file.name;
    strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    return address;
}

// A socket has its name before it listens, and looks dead meanwhile; and a dead one is looked at before its
// name is removed. Between these nobody else of TLXC's may do either.
Result<UniqueFd> take_turn(const std::string& path, int patienceMs) {
    UniqueFd lock{open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (!lock)
        return failed("open", path);
    const Deadline deadline{patienceMs};
    while (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK || deadline.left() == 0)
            return failed("flock", path);
        poll(nullptr, 0, kAgainMs);
    }
    return lock;
}

// A socket that nobody listens on: its process ended without removing it.
bool dead(const File& file) {
    struct stat found {};
    if (fstatat(file.directory.get(), file.name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISSOCK(found.st_mode))
        return false;
    const UniqueFd probe{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    const sockaddr_un address = address_of(file);
    return probe && connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
           errno == ECONNREFUSED;
}

Status bind_file(int fd, const File& file, const std::string& path) {
    const sockaddr_un address = address_of(file);
    const auto bound = [&] {
        const mode_t before = umask(0); // the socket's own mode is what it gets
        const int result = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
        const int error = errno;
        umask(before);
        errno = error;
        return result == 0;
    };
    if (bound())
        return {};
    const int taken = errno;
    if (taken == EADDRINUSE && dead(file) && unlinkat(file.directory.get(), file.name.c_str(), 0) == 0)
        return bound() ? Status{} : Status{failed("bind", path)};
    errno = taken;
    return failed("bind", path);
}

union Address {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
};

bool parse(const plan::HostPort& port, Address& address, socklen_t& size) {
    address = {};
    const auto number = htons(static_cast<uint16_t>(port.port));
    if (inet_pton(AF_INET6, port.address.c_str(), &address.v6.sin6_addr) == 1) {
        address.v6.sin6_family = AF_INET6;
        address.v6.sin6_port = number;
        size = sizeof address.v6;
        return true;
    }
    address.v4.sin_family = AF_INET;
    address.v4.sin_port = number;
    size = sizeof address.v4;
    return inet_pton(AF_INET, port.address.c_str(), &address.v4.sin_addr) == 1;
}

} // namespace

Status Listening::open(const plan::HostPort& port, bool datagrams) {
    Address address;
    socklen_t size = 0;
    if (!parse(port, address, size))
        return refusal("forward", "bad-address", port.address);
    const int family = address.any.sa_family;
    fd_.reset(socket(family, (datagrams ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd_)
        return failed("socket", port.address);
    const int fd = fd_.get();
    bool ready = family != AF_INET6 || set(fd, IPPROTO_IPV6, IPV6_V6ONLY, port.both ? 0 : 1);
    // Connections of before that the kernel has not forgotten yet are no reason to refuse the port. Of UDP
    // the same would let two containers have one port.
    if (!datagrams)
        ready = ready && set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    else // answers leave from the address that was asked
        ready = ready && (family == AF_INET6 ? set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
                                             : set(fd, IPPROTO_IP, IP_PKTINFO, 1));
    if (!ready)
        return failed("setsockopt", port.address);
    if (bind(fd, &address.any, size) != 0)
        return failed("bind", port.address);
    if (!datagrams && ::listen(fd, kBacklog) != 0)
        return failed("listen", port.address);
    return {};
}

Status Listening::open(const plan::HostSocket& wanted, int patienceMs) {
    File file = TRY(parent_of(wanted.path));
    UniqueFd fd{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    turn_ = TRY(take_turn(wanted.lock, patienceMs)); // of a failure, until close has removed what was made
    // Before it has a name: who may not connect never can.
    if (!fd || fchmod(fd.get(), static_cast<mode_t>(wanted.mode)) != 0)
        return failed("socket", wanted.path);
    TRY(bind_file(fd.get(), file, wanted.path));
    const UniqueFd made{openat(file.directory.get(), file.name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC)};
    struct stat found {};
    if (!made || fstat(made.get(), &found) != 0 || !S_ISSOCK(found.st_mode))
        return failed("open", wanted.path);
    fd_ = std::move(fd);
    directory_ = std::move(file.directory);
    name_ = std::move(file.name);
    device_ = found.st_dev;
    inode_ = found.st_ino;
    const auto uid = static_cast<uid_t>(wanted.uid);
    const auto gid = static_cast<gid_t>(wanted.gid);
    if ((wanted.uid >= 0 || wanted.gid >= 0) && fchownat(made.get(), "", uid, gid, AT_EMPTY_PATH) != 0)
        return failed("chown", wanted.path);
    if (::listen(fd_.get(), kBacklog) != 0)
        return failed("listen", wanted.path);
    turn_.reset();
    return {};
}

void Listening::close() {
    struct stat found {};
    // While it still listens: nobody takes its place before it is gone.
    if (directory_ && fstatat(directory_.get(), name_.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0 &&
        found.st_dev == device_ && found.st_ino == inode_)
        unlinkat(directory_.get(), name_.c_str(), 0);
    directory_.reset();
    turn_.reset();
    if (fd_)
        shutdown(fd_.get(), SHUT_RDWR);
    fd_.reset();
}

Result<Listening> listen(const plan::Forward& forward, int patienceMs) {
    Listening listening;
    const auto* port = std::get_if<plan::HostPort>(&forward.from);
    Status opened = port != nullptr ? listening.open(*port, forward.protocol == plan::ForwardProtocol::Udp)
                                    : listening.open(std::get<plan::HostSocket>(forward.from), patienceMs);
    if (opened.ok())
        return listening;
    listening.close();
    Failure failure = at(std::move(opened.failure()), forward.origin);
    if (port != nullptr)
        failure.path = forward.listen;
    return failure;
}

Status clear(const plan::LeftSocket& left) {
    auto file = parent_of(left.path);
    if (!file.ok())
        return file.failure().err == ENOENT ? Status{} : Status{file.failure()};
    const UniqueFd turn = TRY(take_turn(left.lock, kPatienceMs));
    if (dead(file.value()) && unlinkat(file.value().directory.get(), file.value().name.c_str(), 0) != 0 &&
        errno != ENOENT)
        return failed("unlink", left.path);
    return {};
}

} // namespace tlxc::host_socket
