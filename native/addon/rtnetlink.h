// What the kernel tells of links, addresses and routes. The socket is asked from here, and may live in
// another network namespace.
#pragma once
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <functional>

#include "common/result.h"
#include "common/unique_fd.h"

namespace tlxc::rtnetlink {

// In the network namespace of a process; pidfd -1: the caller's own.
[[nodiscard]] Result<UniqueFd> open_socket(int pidfd);

struct Question {
    int type; // RTM_GET*
    int family = AF_UNSPEC;
    int timeoutMs; // for each part of the answer
};

// Shows each message of the answer. A list that changed while the kernel told it is asked for again.
[[nodiscard]] Status dump(int fd, const Question& question, const std::function<void(const nlmsghdr*)>& each);

} // namespace tlxc::rtnetlink
