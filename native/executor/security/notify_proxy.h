// The program at lxc.seccomp.notify.proxy, and the messages that LXC and it agree on.
//
//   request: Head, seccomp_notif, seccomp_notif_resp (its id), cookie; with three descriptors: the caller's
//   directory in /proc, its memory, the listener
//   reply: Head, seccomp_notif, seccomp_notif_resp (the answer)
#pragma once
#include <linux/seccomp.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/unique_fd.h"

namespace tlxc {

// One question and its answer, in buffers as large as the running kernel's structures are.
class Notification {
  public:
    [[nodiscard]] Status allocate();
    // Takes the next question of a listener. False: the caller is gone.
    [[nodiscard]] bool take(int listener);
    // Whether the caller still waits: the pid is its, and not somebody else's by now.
    [[nodiscard]] bool pending(int listener) const;
    // Gives the caller the answer; false: the kernel does not take it, or the caller is gone.
    [[nodiscard]] bool answer(int listener);
    // As a kernel answers that does not have the call.
    void answer_unknown(int listener);

    [[nodiscard]] seccomp_notif& question() { return *reinterpret_cast<seccomp_notif*>(question_.data()); }
    [[nodiscard]] const seccomp_notif& question() const {
        return *reinterpret_cast<const seccomp_notif*>(question_.data());
    }
    [[nodiscard]] seccomp_notif_resp& response() {
        return *reinterpret_cast<seccomp_notif_resp*>(response_.data());
    }
    [[nodiscard]] const seccomp_notif_sizes& sizes() const { return sizes_; }

  private:
    seccomp_notif_sizes sizes_{};
    std::vector<uint64_t> question_, response_; // of words, for their alignment
};

class NotifyProxy {
  public:
    // address: a path, or @NAME; "": there is no proxy.
    NotifyProxy(std::string address, std::string cookie, pid_t init)
        : address_(std::move(address)), cookie_(std::move(cookie)), init_(init) {}

    // Connects unless it is connected. False, with errno: nobody is there, or does not accept at once.
    [[nodiscard]] bool connect();
    void disconnect() { socket_.reset(); }
    [[nodiscard]] int fd() const { return socket_.get(); }
    [[nodiscard]] const std::string& address() const { return address_; }
    // Asks. An old connection that fails is made anew, once. Does not wait.
    [[nodiscard]] bool ask(Notification& notification, int listener);
    // Reads the reply into the notification's response. False: it is none to this question.
    [[nodiscard]] bool hear(Notification& notification);

  private:
    // LXC's struct seccomp_notify_proxy_msg.
    struct Head {
        uint64_t reserved;
        pid_t monitor;
        pid_t init;
        seccomp_notif_sizes sizes;
        uint64_t cookieLength;
    };
    [[nodiscard]] bool send(Notification& notification, const int (&fds)[3]);

    std::string address_;
    std::string cookie_;
    pid_t init_;
    UniqueFd socket_;
};

} // namespace tlxc
