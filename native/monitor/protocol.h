// The conversation with commands, over a SOCK_SEQPACKET socket in the run directory. The other side, and the
// picture of it all: src/monitor/protocol.ts.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "common/unique_fd.h"

namespace tlxc::protocol {

enum class State { Stopped, Starting, Running, Stopping, Aborting, Freezing, Frozen, Thawed };
[[nodiscard]] const char* name_of(State state);

enum class Op {
    Info,
    Attach,
    Console,
    ConsoleLog,
    Resize,
    Signal,
    Watch,
    PlugIn,
    Unplug,
    AllowDevice,
    ForbidDevice,
    Forward,
    Unforward,
    Freeze,
    Unfreeze,
    ExpectEnd
};

struct Request {
    Op op = Op::Info;
    int tty = 0;
    int rows = 0;
    int columns = 0;
    int signal = 0;
    std::string host;   // an interface's name, or a device's path, on the host
    std::string inside; // and in the container
    std::string type;   // of a device: "c" or "b"
    int major = 0;
    int minor = 0;
    int timeoutMs = 0;     // of a freeze
    bool hold = false;     // frozen no longer than the client is there
    bool expected = false; // the end of the container
    std::string listen;    // what a forward is known by
    std::string text;      // the request itself, where a reader of its own reads it (plan/reader.h)
};

// Reads one datagram. False: it is no request; the reader never looks further than the text, however it is
// nested.
[[nodiscard]] bool parse(std::string_view text, Request& request);

// A descriptor that a reply carries, by the name that "fds" gives it; borrowed.
struct NamedFd {
    const char* name;
    int fd;
};

// {"ok":true,"fds":[…]} with members, further JSON members without braces ("" or "\"a\":1,\"b\":2").
[[nodiscard]] std::string accepted(std::span<const NamedFd> fds, const std::string& members = {});
// {"ok":false,…}: error is a short stable word.
[[nodiscard]] std::string refused(const char* error, int err = 0);
// The same of a step that failed, with all that is known of it.
[[nodiscard]] std::string refused(const Failure& failure);
// A state change; exitStatus as waitpid gives it, -1: none to tell.
[[nodiscard]] std::string event(State state, int exitStatus, bool reboot);
// A change of its health, in a state that stays.
[[nodiscard]] std::string health_event(State state, const char* health);

// Sends one datagram with its descriptors, without ever waiting. false: the client is gone or does not read.
[[nodiscard]] bool send(int socket, const std::string& text, std::span<const NamedFd> fds = {});

} // namespace tlxc::protocol
