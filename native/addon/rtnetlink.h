// What the kernel tells of links, addresses and routes. The socket is asked from here, and may live in
// another network namespace.
#pragma once
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/unique_fd.h"

namespace tlxc::rtnetlink {

// In the network namespace of a process; pidfd -1: the caller's own.
[[nodiscard]] Result<UniqueFd> open_socket(int pidfd);

// The same for a thread that does nothing else any more: it may be in that namespace afterwards, which spares
// the birth of another.
[[nodiscard]] Result<UniqueFd> open_socket_astray(int pidfd);

struct Question {
    int type; // RTM_GET*
    int family = AF_UNSPEC;
    int timeoutMs; // for the whole answer
};

// What the kernel has listed; any thread may look at it.
struct Answer {
    uint32_t sequence = 0; // of the messages that belong to it
    std::vector<std::vector<char>> datagrams;
    bool torn = false; // what was listed has changed meanwhile: something may be missing

    void each(const std::function<void(const nlmsghdr*)>& show) const;
};

// A list that changed while the kernel told it is asked for again.
[[nodiscard]] Result<Answer> ask(int fd, const Question& question);

// The fixed header of a message; null where the message is too short for it.
template <typename Header> const Header* header_of(const nlmsghdr* head) {
    return head->nlmsg_len < NLMSG_LENGTH(sizeof(Header)) ? nullptr
                                                          : static_cast<const Header*>(NLMSG_DATA(head));
}

// Each attribute behind the fixed header of a message that has one.
template <typename Header, typename Each> void each_attribute(const nlmsghdr* head, const Each& each) {
    constexpr size_t kBefore = NLMSG_SPACE(sizeof(Header));
    if (head->nlmsg_len < kBefore)
        return;
    auto left = static_cast<int>(head->nlmsg_len - kBefore);
    const auto* first = reinterpret_cast<const rtattr*>(reinterpret_cast<const char*>(head) + kBefore);
    for (const rtattr* attribute = first; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left))
        each(attribute);
}

// A number of exactly this width; false where the attribute is no such.
template <typename Number> bool number_in(const rtattr* attribute, Number& out) {
    if (RTA_PAYLOAD(attribute) != sizeof out)
        return false;
    memcpy(&out, RTA_DATA(attribute), sizeof out);
    return true;
}

inline std::string text_in(const rtattr* attribute) {
    const auto* text = static_cast<const char*>(RTA_DATA(attribute));
    return {text, strnlen(text, RTA_PAYLOAD(attribute))};
}

} // namespace tlxc::rtnetlink
