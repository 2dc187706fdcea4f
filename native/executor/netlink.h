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
#include <vector>

#include "common/result.h"
#include "common/unique_fd.h"

namespace tlxc {

using NetlinkMessage = std::unique_ptr<nl_msg, void (*)(nl_msg*)>;

// A request of the given type with its fixed header (ifinfomsg, ifaddrmsg, rtmsg) in place.
template <typename Header> NetlinkMessage netlink_message(int type, int flags, Header header) {
    NetlinkMessage message{nlmsg_alloc_simple(type, flags), nlmsg_free};
    if (message)
        nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO);
    return message;
}

inline constexpr int kMake = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
inline constexpr int kChange = NLM_F_REQUEST | NLM_F_ACK;

// A change of a link: sets the flags given, further attributes are the caller's.
inline NetlinkMessage link_change(int index, unsigned int flags) {
    ifinfomsg header{};
    header.ifi_index = index;
    header.ifi_flags = flags;
    header.ifi_change = flags;
    return netlink_message(RTM_NEWLINK, kChange, header);
}

// What the kernel answered: err 0, or an errno with the kernel's own explanation where it gives one.
struct NetlinkAnswer {
    int err = 0;
    std::string text;
};

struct Link {
    int index = 0;
    uint32_t mtu = 0;
    std::string name;
    std::string kind; // "veth", "bridge" …; none for hardware
    int master = 0;   // the bridge it is a port of
    int peer = 0;     // of a veth: its other end, in whatever namespace that is
};

class Netlink {
  public:
    // In the network namespace of the caller. false with errno set.
    [[nodiscard]] bool open();
    // A socket from open_socket, opened elsewhere. false with errno set.
    [[nodiscard]] bool adopt(UniqueFd socket);
    // A socket as it can be handed on.
    [[nodiscard]] static UniqueFd open_socket();
    [[nodiscard]] NetlinkAnswer send(const NetlinkMessage& message);
    [[nodiscard]] NetlinkAnswer link(const std::string& name, Link& out);
    [[nodiscard]] NetlinkAnswer link(int index, Link& out);
    // The link's own address as text, none where it has none: for IPv6 a global one before a link-local one.
    [[nodiscard]] NetlinkAnswer primary_address(int index, int family, std::string& out);

  private:
    using Visit = std::function<void(nlmsghdr*)>;
    [[nodiscard]] NetlinkAnswer exchange(const NetlinkMessage& message, const Visit& visit);
    [[nodiscard]] NetlinkAnswer get_link(const NetlinkMessage& message, Link& out);

    std::unique_ptr<nl_sock, void (*)(nl_sock*)> socket_{nullptr, nl_socket_free};
};

} // namespace tlxc
