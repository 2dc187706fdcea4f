#include "executor/leavings.h"

#include <time.h>

#include <ranges>

#include "common/deadline.h"
#include "common/json_writer.h"
#include "executor/network/host_socket.h"
#include "executor/network/l2proxy.h"
#include "executor/network/open_vswitch.h"
#include "executor/network/phys.h"

namespace tlxc::network {
namespace {

void write(Json& json, const plan::LeftDevice& device) {
    json.member("op", "device");
    json.member("interface", device.interface);
    json.member("name", device.name);
    json.member("altnames", device.altnames);
    json.member("mtu", device.mtu);
    json.member("up", device.up);
    json.member("hwaddr", device.hwaddr);
    json.objects("addresses", device.addresses, [&](const auto& each) {
        json.member("address", each.address);
        json.member("prefix", each.prefix);
        json.member("broadcast", each.broadcast);
        json.member("flags", each.flags);
        json.member("valid", each.valid);
        json.member("preferred", each.preferred);
    });
    json.member("device", device.device);
    json.member("permanent", device.permanent);
}

void write(Json& json, const plan::LeftProxy& proxy) {
    json.member("op", "proxy");
    json.member("link", proxy.link);
    json.member("address", proxy.address);
}

void write(Json& json, const plan::LeftRoute& route) {
    json.member("op", "route");
    json.member("address", route.address);
}

void write(Json& json, const plan::LeftPort& port) {
    json.member("op", "port");
    json.member("bridge", port.bridge);
    json.member("port", port.port);
}

void write(Json& json, const plan::LeftSocket& socket) {
    json.member("op", "socket");
    json.member("path", socket.path);
    json.member("lock", socket.lock);
}

// The first of several failures.
class First {
  public:
    void note(Status status) {
        if (!status.ok() && first_.ok())
            first_ = std::move(status);
    }
    void note(const NetlinkAnswer& answer, const char* request, const std::string& object) {
        if (answer.err != 0)
            note(Status(failed(request, answer, object, {})));
    }
    Status take() { return std::move(first_); }

  private:
    Status first_;
};

// All but lent interfaces.
void clear_one(Netlink& host, const plan::Leaving& leaving, First& first) {
    if (const auto* proxy = std::get_if<plan::LeftProxy>(&leaving))
        first.note(clear(host, *proxy), "RTM_DELNEIGH", proxy->address);
    else if (const auto* route = std::get_if<plan::LeftRoute>(&leaving))
        first.note(clear(host, *route), "RTM_DELROUTE", route->address);
    else if (const auto* port = std::get_if<plan::LeftPort>(&leaving))
        first.note(open_vswitch::leave(*port));
    else if (const auto* socket = std::get_if<plan::LeftSocket>(&leaving))
        first.note(host_socket::clear(*socket));
}

// How long the kernel may take to bring a device back from a namespace that died.
constexpr int kReturnMs = 5'000;

Status await_return(Netlink& host, const plan::LeftDevice& device) {
    const Deadline deadline{kReturnMs};
    const timespec pause{.tv_sec = 0, .tv_nsec = 20'000'000};
    while (!TRY(recover(host, device)) && !device.device.empty()) {
        if (deadline.left() == 0)
            return refusal("network", "not-returned", device.name);
        nanosleep(&pause, nullptr);
    }
    return {};
}

int inside_index(const Network& network, int64_t interface) {
    for (const auto& each : network.interfaces)
        if (each.index == interface)
            return each.insideIndex;
    return 0;
}

} // namespace

std::string leavings_json(const std::vector<plan::Leaving>& leavings) {
    return json_object([&](Json& json) {
        json.objects("leavings", leavings, [&](const auto& each) {
            std::visit([&](const auto& left) { write(json, left); }, each);
        });
    });
}

Status clear(const Network& network) {
    Netlink host;
    if (!host.open())
        return syscall_failure("network", "socket(NETLINK_ROUTE)");
    First first;
    for (const auto& leaving : std::views::reverse(network.leavings))
        if (const auto* device = std::get_if<plan::LeftDevice>(&leaving))
            first.note(
                give_back(host, network.namespace_, *device, inside_index(network, device->interface)));
        else
            clear_one(host, leaving, first);
    return first.take();
}

Status clear_after_death(const plan::Leavings& leavings) {
    Netlink host;
    if (!host.open())
        return syscall_failure("network", "socket(NETLINK_ROUTE)");
    First first;
    for (const auto& leaving : std::views::reverse(leavings.leavings))
        if (const auto* device = std::get_if<plan::LeftDevice>(&leaving))
            first.note(await_return(host, *device));
        else
            clear_one(host, leaving, first);
    return first.take();
}

} // namespace tlxc::network
