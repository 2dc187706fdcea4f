// Told when a network namespace's links or addresses change: a netlink socket that lives there and listens.
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "addon/families.h"
#include "addon/js.h"
#include "addon/readiness.h"
#include "addon/rtnetlink.h"

namespace tlxc {
namespace {

constexpr int kMost = 256;

Napi::Value open_network_events(const Napi::CallbackInfo& info) {
    const auto env = info.Env();
    auto socket = rtnetlink::open_socket(js::number(info[0].As<Napi::Object>(), "initPidfd"));
    if (!socket.ok())
        return js::failure(env, socket.failure());
    for (const int group : {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR})
        if (setsockopt(socket.value().get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) != 0)
            return js::failure(env, syscall_failure("network", "setsockopt"));
    return Napi::Number::New(env, socket.value().release());
}

// What the messages say is not looked at: whoever is root there may send such, too. The kernel is asked
// afterwards.
Napi::Value network_change(const Napi::CallbackInfo& info) {
    const int fd = js::number(info[0].As<Napi::Object>(), "socket");
    return when_readable(info.Env(), fd, -1, [fd](Napi::Env env, bool ready) -> Napi::Value {
        char ignored[4096];
        for (int i = 0; ready && i < kMost && recv(fd, ignored, sizeof ignored, MSG_DONTWAIT) > 0; ++i) {
        }
        return Napi::Boolean::New(env, ready);
    });
}

} // namespace

void export_network_events(Napi::Env env, Napi::Object exports) {
    exports.Set("openNetworkEvents", Napi::Function::New(env, open_network_events));
    exports.Set("networkChange", Napi::Function::New(env, network_change));
}

} // namespace tlxc
