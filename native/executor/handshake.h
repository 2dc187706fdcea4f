// The conversation of a start between the monitor (host's namespaces, privileged) and the child that becomes
// init, over a SOCK_SEQPACKET pair, one message a datagram.
//
// clang-format off
//   monitor                                   child
//     | -- Mapped ----------------------------> | its ids are mapped: become root inside
//     | <- Network + socket ----------------- | only to a monitor without privilege, for its network
//     | <- HooksDone -------------------------- | only with pre-mount hooks: the rootfs may be taken now
//     | -- Mounts {steps} + descriptors ------> | one or several, the last one says so: build the tree
//     |                                         | (without privilege: neither, the child takes them itself)
//     | <- Tty {slave} + master, peer --------- | one for each tty
//     | <- Ready + devpts, console ------------ | all is built and the root is changed
//     | -- Go + filter, listeners' socket ------> | network and start-host hooks are done: execute init
//     | <- Executing -------------------------- | the last word before the filter is in force
//     | <- end of file ------------------------ | execve has closed the descriptor: init runs
// clang-format on
//
// Failed {failure} from the child takes the place of any of its messages and is its last. An end of file
// without Executing: it was killed. In the other direction an end of file means that the monitor is gone.
#pragma once
#include <optional>

#include "common/deadline.h"
#include "executor/running.h"

namespace tlxc::handshake {

// The mount prepared for one step of the plan. step counts through tree, devices and protect; kRootfs is the
// root.
struct PreparedMount {
    static constexpr int64_t kRootfs = -1;
    int64_t step = kRootfs;
    UniqueFd mount; // detached; none: the source of an optional step does not exist
};

// From the process between, where namespaces are shared (namespaces.cc): the child exists.
struct Born {
    int64_t pid = -1;
};
struct Mapped {};
struct Network {
    UniqueFd socket; // netlink; none: the network is not the container's own
};
struct HooksDone {};
struct Mounts {
    std::vector<PreparedMount> mounts;
    bool last = true;
};
struct Tty {
    Terminal terminal;
};
struct Ready {
    UniqueFd devpts, console, consolePeer; // each may be missing
};
struct Go {
    Filter filter;
};
struct Executing {};

// One end. send and receive block at most until the deadline.
class Channel {
  public:
    explicit Channel(UniqueFd socket) : socket_(std::move(socket)) {}
    [[nodiscard]] static Result<std::pair<Channel, Channel>> make();
    [[nodiscard]] int fd() const { return socket_.get(); }

    template <typename Message> [[nodiscard]] Status send(const Message& message);
    // A failure when something else comes: Failed gives the child's own; the end of file the detail "ended".
    template <typename Message> [[nodiscard]] Result<Message> receive(const Deadline& deadline);
    // All of the mounts, in as many messages as they take.
    [[nodiscard]] Status send_mounts(std::vector<PreparedMount> mounts);
    [[nodiscard]] Result<std::vector<PreparedMount>> receive_mounts(const Deadline& deadline);
    // After Executing: waits until execve has closed the other end.
    [[nodiscard]] Status wait_for_end(const Deadline& deadline);
    // The failure that the other side has sent already, behind whatever else it has sent; does not wait.
    [[nodiscard]] std::optional<Failure> last_words();

  private:
    UniqueFd socket_;
};

// What a receive's failure says when the other side is gone.
inline constexpr const char* kEnded = "ended";

} // namespace tlxc::handshake
