// What carries a container's traffic where its user has no interface of the host's: passt(1), run by the
// monitor with the user's own rights. It makes connections and datagrams of the host's sockets of the frames
// that it gets, and knows nothing of the container, whose interface is ours:
//
//   eth0 in the container ── tap ── our process (frames.h) ── socket ── passt ── sockets of the user's
#pragma once
#include <sys/types.h>

#include <string>

#include "common/deadline.h"
#include "common/result.h"
#include "common/unique_fd.h"
#include "executor/network/addresses.h"
#include "plan/plan.gen.h"

namespace tlxc {

class Passt {
  public:
    // Whom it is asked for to see whether it answers, and who asks: IPv4.
    struct Question {
        IpAddress gateway, own;
    };

    Passt(const plan::PasstDevice& plan, const plan::Origin& origin, UniqueFd tap)
        : plan_(plan), origin_(origin), tap_(std::move(tap)) {}
    ~Passt() { end(); }
    Passt(const Passt&) = delete;
    Passt& operator=(const Passt&) = delete;

    // Returns once it answers.
    [[nodiscard]] Status start(const Question& question);
    [[nodiscard]] bool owns(pid_t pid) const { return pid > 0 && (pid == passt_ || pid == carrier_); }
    // One of its two processes has been reaped: both begin anew, unless the interface itself is gone. A
    // failure: there is no network any more.
    [[nodiscard]] Status reaped(pid_t pid, int status);
    // Kills them, and waits until nothing of them is left.
    void end();

  private:
    [[nodiscard]] Status begin();
    [[nodiscard]] Status ask(const Question& question);
    [[nodiscard]] Status carry();
    [[nodiscard]] Failure failure(std::string detail) const;
    [[nodiscard]] std::string last_words() const;

    plan::PasstDevice plan_;
    plan::Origin origin_;
    UniqueFd tap_; // the interface lasts as long as it
    UniqueFd stream_;
    UniqueFd words_; // what passt prints: memory of a fixed size
    pid_t passt_ = -1, carrier_ = -1;
    Deadline proved_{0};
};

} // namespace tlxc
