// Sockets of the host that listen for a container: made by the monitor, in the host's namespaces, with its
// rights.
#pragma once
#include <cstdint>
#include <string>

#include "common/result.h"
#include "common/unique_fd.h"
#include "plan/plan.gen.h"

namespace tlxc::host_socket {

// For the lock on making and removing sockets' files, which nobody keeps; of a monitor that has others to
// answer, the other.
inline constexpr int kPatienceMs = 5'000, kLivePatienceMs = 1'000;

class Listening {
  public:
    Listening() = default;
    Listening(Listening&&) noexcept = default;
    Listening& operator=(Listening&&) noexcept = default;
    // Nobody is let in from then on, whoever else holds the descriptor; the file of a Unix socket is removed,
    // if it is still this one's.
    void close();
    [[nodiscard]] int fd() const { return fd_.get(); }

  private:
    friend Result<Listening> listen(const plan::Forward& forward, int patienceMs);
    [[nodiscard]] Status open(const plan::HostPort& port, bool datagrams);
    [[nodiscard]] Status open(const plan::HostSocket& socket, int patienceMs);

    UniqueFd fd_;
    UniqueFd directory_; // of a Unix socket's file
    UniqueFd turn_;      // the lock, while it is made
    std::string name_;
    uint64_t device_ = 0, inode_ = 0;
};

// Failures are of the step "forward", their path what could not be had.
[[nodiscard]] Result<Listening> listen(const plan::Forward& forward, int patienceMs);

// Removes the file of a Unix socket where nobody listens any more; another file is left alone.
[[nodiscard]] Status clear(const plan::LeftSocket& left);

} // namespace tlxc::host_socket
