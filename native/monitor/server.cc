#include "monitor/server.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "monitor/process.h"
#include "monitor/protocol.h"

namespace tlxc {
namespace {

constexpr const char* kName = "monitor.sock";
constexpr size_t kMaxClients = 64;
constexpr int kBacklog = 64;

// A PID namespace below ours is a container's, and what comes out of one is no command of the host's,
// whatever its uid; nor is what has died to hide where it came from. pid 0: a process above or beside us,
// which we cannot see.
bool from_container(pid_t pid) {
    static size_t ours = 0; // 0: it could not be read
    if (ours == 0)
        ours = process::depth(getpid());
    return pid != 0 && process::depth(pid) != ours;
}

bool trusted(int client) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return false;
    return (peer.uid == 0 || peer.uid == geteuid()) && !from_container(peer.pid);
}

} // namespace

Status Server::bind(const RunDir& dir) {
    socket_.reset(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket_)
        return syscall_failure("socket", "socket");
    dir.remove(kName); // a dead monitor's: ours is the lock
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    // By the directory's descriptor: the path itself may be longer than an address can be.
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", dir.fd(), kName);
    const mode_t before = umask(0177);
    const int result = ::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    umask(before);
    if (result != 0)
        return syscall_failure("socket", "bind", dir.path() + "/" + kName);
    return {};
}

Status Server::listen() {
    if (::listen(socket_.get(), kBacklog) == 0 && loop_.add(Source::Listener, socket_.get()))
        return {};
    return syscall_failure("socket", "listen");
}

void Server::close(const RunDir& dir) {
    dir.remove(kName);
    loop_.remove(socket_.get());
    socket_.reset();
}

// A new client takes the place of the one that has been idle longest.
void Server::make_room() {
    if (clients_.size() < kMaxClients)
        return;
    const auto idle = std::ranges::find_if(clients_, [](const Client& each) { return each.idle(); });
    if (idle != clients_.end())
        drop(*idle);
}

Client* Server::accept() {
    UniqueFd fd{accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (!fd || !trusted(fd.get()))
        return nullptr;
    make_room();
    if (clients_.size() >= kMaxClients || !loop_.add(Source::Client, fd.get()))
        return nullptr;
    Client& client = clients_.emplace_back();
    client.fd = std::move(fd);
    return &client;
}

bool Server::has_asked(const Client& client) {
    pollfd waiting{client.fd.get(), POLLIN, 0};
    return poll(&waiting, 1, 0) > 0;
}

Client* Server::find(int fd) {
    const auto found =
        std::ranges::find_if(clients_, [fd](const Client& each) { return each.fd.get() == fd; });
    return found == clients_.end() ? nullptr : &*found;
}

bool Server::receive(const Client& client, std::string& text) const {
    char data[kMaxRequest + 1];
    // Without room for control data: descriptors that a client sends along are discarded by the kernel.
    const ssize_t n = recv(client.fd.get(), data, sizeof data, MSG_DONTWAIT);
    if (n <= 0)
        return false;
    text.assign(data, static_cast<size_t>(n));
    return true;
}

void Server::drop(const Client& client) {
    loop_.remove(client.fd.get());
    clients_.remove_if([&client](const Client& each) { return &each == &client; });
}

std::vector<Client*> Server::those(bool Client::*property) {
    std::vector<Client*> found;
    for (auto& client : clients_)
        if (client.*property)
            found.push_back(&client);
    return found;
}

// Not dropped here: the one whose request is being answered may be among them. The loop finds their end.
void Server::broadcast(const std::string& text) {
    for (auto& client : clients_) {
        if (!client.watching || protocol::send(client.fd.get(), text))
            continue;
        client.watching = false;
        shutdown(client.fd.get(), SHUT_RDWR);
    }
}

bool Server::watched() const {
    return std::ranges::any_of(clients_, &Client::watching);
}

bool Server::holds(int tty) const {
    return std::ranges::any_of(clients_, [tty](const Client& each) { return each.tty == tty; });
}

} // namespace tlxc
