// What the files of the network's subject share: a start's network as it is made, and how a step of it fails.
#pragma once
#include <net/if.h>

#include <functional>

#include "executor/network/link.h"
#include "executor/running.h"

namespace tlxc::network {

// Keeps what is about to be left on the host, so that it is found again after this process's own death; an
// empty list: nothing is left any more.
using Record = std::function<Status(const std::vector<plan::Leaving>&)>;

// One start's network: sockets on both sides, and what has been made so far.
struct Making {
    const plan::StartPlan& plan;
    const pid_t child;
    const Record& record;
    Network& made;
    Netlink host;
    Netlink inside;

    // Before the host is changed.
    [[nodiscard]] Status will_leave(std::vector<plan::Leaving> more) {
        for (auto& each : more)
            made.leavings.push_back(std::move(each));
        return record(made.leavings);
    }
};

// The kernel refused a request: its errno and words, the object, the configuration line.
inline Failure failed(const char* request, NetlinkAnswer answer, const std::string& object,
                      const plan::Origin& origin) {
    return at(Failure{.step = "network",
                      .syscall = request,
                      .err = answer.err,
                      .path = object,
                      .detail = std::move(answer.text)},
              origin);
}

inline Failure refused(const char* detail, const std::string& object, const plan::Origin& origin) {
    return at(refusal("network", detail, object), origin);
}

// The name that an interface has inside until it gets its own: none of a container's collide on the way.
inline std::string temporary_name(const plan::Interface& interface) {
    return "tlxc" + std::to_string(interface.index);
}

inline bool is_interface_name(const std::string& name) {
    return !name.empty() && name.size() < IFNAMSIZ && name.find('/') == name.npos && name != "." &&
           name != "..";
}

// The interface's link on the host.
[[nodiscard]] inline Status find_link_of(Netlink& host, const plan::Interface& interface, Link& out) {
    const NetlinkAnswer answer = find_link(host, interface.link.value, out);
    if (answer.err != 0)
        return failed("RTM_GETLINK", answer, interface.link.value, interface.link.origin);
    return {};
}

} // namespace tlxc::network
