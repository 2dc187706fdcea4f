// A routing netlink socket (libnl's core): requests that are answered before they return. A socket stays in
// the network namespace it was opened in.
#pragma once
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include <functional>
#include <memory>
#include <string>

#include "common/result.h"
#include "common/unique_fd.h"

namespace tlxc {

using NetlinkMessage = std::unique_ptr<nl_msg, void (*)(nl_msg*)>;

// A request of the given type with its fixed header (ifinfomsg, ifaddrmsg, rtmsg) in place. Whether there was
// memory for it is found when it is sent.
template <typename Header> NetlinkMessage netlink_message(int type, int flags, Header header) {
    NetlinkMessage message{nlmsg_alloc_simple(type, flags), nlmsg_free};
    if (message)
        nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO);
    return message;
}

inline constexpr int kMake = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
inline constexpr int kKeep = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
inline constexpr int kChange = NLM_F_REQUEST | NLM_F_ACK;

// What the kernel answered: err 0, or an errno with the kernel's own explanation where it gives one.
struct NetlinkAnswer {
    int err = 0;
    std::string text;
};

class Netlink {
  public:
    // In the network namespace of the caller. false with errno set.
    [[nodiscard]] bool open();
    // A socket from open_socket, opened elsewhere. false with errno set.
    [[nodiscard]] bool adopt(UniqueFd socket);
    // A socket as it can be handed on.
    [[nodiscard]] static UniqueFd open_socket();
    // In another one: the caller sits in it just long enough. A caller that cannot come back ends here.
    [[nodiscard]] Status open_in(const UniqueFd& networkNamespace);
    [[nodiscard]] NetlinkAnswer send(const NetlinkMessage& message);
    // Each message of the answer is shown to visit. A list that changed while the kernel told it is asked for
    // again.
    using Visit = std::function<void(nlmsghdr*)>;
    [[nodiscard]] NetlinkAnswer ask(const NetlinkMessage& message, const Visit& visit);

  private:
    std::unique_ptr<nl_sock, void (*)(nl_sock*)> socket_{nullptr, nl_socket_free};
};

} // namespace tlxc
