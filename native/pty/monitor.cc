#include "pty/monitor.h"

#include <fcntl.h>
#include <poll.h>
#include <rapidjson/document.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace tlxc::pty {
namespace {

constexpr int kReplyMs = 200;

// Through the run directory's descriptor: its path may be longer than a socket's address.
int connect_monitor(const char* runDir) {
    const int directory = open(runDir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return -1;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/monitor.sock", directory);
    const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const bool connected = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    close(directory);
    if (connected)
        return fd;
    close(fd);
    return -1;
}

void tell(const char* runDir, const char* request) {
    const int fd = connect_monitor(runDir);
    if (fd < 0)
        return;
    pollfd readable{fd, POLLIN, 0};
    // The reply tells that the request was read; closing earlier could drop it.
    if (send(fd, request, strlen(request), MSG_NOSIGNAL) >= 0)
        poll(&readable, 1, kReplyMs);
    close(fd);
}

} // namespace

void ask_resize(const char* runDir, int rows, int columns) {
    char request[80];
    snprintf(request, sizeof request, R"({"op":"resize","rows":%d,"columns":%d})", rows, columns);
    tell(runDir, request);
}

void ask_signal(const char* runDir, int signal) {
    char request[64];
    snprintf(request, sizeof request, R"({"op":"signal","signal":%d})", signal);
    tell(runDir, request);
}

Event next_event(int connection) {
    char text[4096];
    const ssize_t size = recv(connection, text, sizeof text - 1, MSG_DONTWAIT);
    Event event;
    if (size <= 0) {
        event.ended = true;
        return event;
    }
    rapidjson::Document json;
    json.Parse(text, static_cast<size_t>(size));
    if (!json.IsObject() || !json.HasMember("state") || !json["state"].IsString())
        return event;
    event.reboots = json.HasMember("reboot") && json["reboot"].IsTrue();
    event.stopped = strcmp(json["state"].GetString(), "STOPPED") == 0 && !event.reboots;
    if (json.HasMember("exitStatus") && json["exitStatus"].IsInt())
        event.exitStatus = json["exitStatus"].GetInt();
    return event;
}

} // namespace tlxc::pty
