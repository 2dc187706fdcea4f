#include "executor/network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <sys/random.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "executor/netlink.h"

namespace tlxc::network {
namespace {

using plan::Interface;
using Mac = std::array<uint8_t, 6>;

constexpr int kMake = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
constexpr int kChange = NLM_F_REQUEST | NLM_F_ACK;

Failure failed(const char* request, NetlinkAnswer answer, const std::string& object,
               const plan::Origin& origin) {
    return at(Failure{.step = "network",
                      .syscall = request,
                      .err = answer.err,
                      .path = object,
                      .detail = std::move(answer.text)},
              origin);
}

Failure refused(const char* detail, const std::string& object, const plan::Origin& origin) {
    return at(refusal("network", detail, object), origin);
}

bool parse_mac(const std::string& text, Mac& mac) {
    unsigned int b[6];
    int end = 0;
    if (sscanf(text.c_str(), "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5], &end) !=
            6 ||
        static_cast<size_t>(end) != text.size())
        return false;
    for (size_t i = 0; i < mac.size(); ++i)
        mac[i] = static_cast<uint8_t>(b[i]);
    return true;
}

// A bridge takes the lowest MAC address of its ports for its own: fe:… is never the lowest, so it stays put.
Mac host_mac() {
    Mac mac{};
    (void)!getrandom(mac.data(), mac.size(), 0);
    mac[0] = 0xfe;
    return mac;
}

std::string random_name() {
    static constexpr char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    std::array<uint8_t, 6> bytes{};
    (void)!getrandom(bytes.data(), bytes.size(), 0);
    std::string name = "veth";
    for (const uint8_t byte : bytes)
        name += letters[byte % (sizeof letters - 1)];
    return name;
}

// The name that the container's end bears until it gets its own.
std::string temporary_name(const Interface& interface) {
    return "tlxc" + std::to_string(interface.index);
}

NetlinkMessage link_change(int index, unsigned int flags) {
    ifinfomsg header{};
    header.ifi_index = index;
    header.ifi_flags = flags;
    header.ifi_change = flags;
    return netlink_message(RTM_NEWLINK, kChange, header);
}

// Asks for the pair; the other end is born in the child's namespace, under its temporary name.
NetlinkAnswer make_pair(Netlink& host, const Interface& interface, const std::string& hostName, uint32_t mtu,
                        pid_t child) {
    NetlinkMessage message = netlink_message(RTM_NEWLINK, kMake, ifinfomsg{});
    nl_msg* const m = message.get();
    if (m == nullptr)
        return {.err = ENOMEM, .text = {}};
    nla_put_string(m, IFLA_IFNAME, hostName.c_str());
    const Mac mac = host_mac();
    nla_put(m, IFLA_ADDRESS, mac.size(), mac.data());
    if (mtu != 0)
        nla_put_u32(m, IFLA_MTU, mtu);
    nlattr* const info = nla_nest_start(m, IFLA_LINKINFO);
    nla_put_string(m, IFLA_INFO_KIND, "veth");
    nlattr* const data = nla_nest_start(m, IFLA_INFO_DATA);
    nlattr* const peer = nla_nest_start(m, VETH_INFO_PEER);
    const ifinfomsg peerHeader{};
    nlmsg_append(m, const_cast<ifinfomsg*>(&peerHeader), sizeof peerHeader, NLMSG_ALIGNTO);
    nla_put_string(m, IFLA_IFNAME, temporary_name(interface).c_str());
    Mac inside{};
    if (parse_mac(interface.hwaddr, inside))
        nla_put(m, IFLA_ADDRESS, inside.size(), inside.data());
    if (mtu != 0)
        nla_put_u32(m, IFLA_MTU, mtu);
    nla_put_u32(m, IFLA_NET_NS_PID, static_cast<uint32_t>(child));
    nla_nest_end(m, peer);
    nla_nest_end(m, data);
    nla_nest_end(m, info);
    return host.send(message);
}

// The host end of a bridged pair needs no IPv6 address of its own. A kernel without IPv6 has no such file.
void disable_ipv6(const std::string& name) {
    const UniqueFd fd{
        open(("/proc/sys/net/ipv6/conf/" + name + "/disable_ipv6").c_str(), O_WRONLY | O_CLOEXEC)};
    if (fd)
        (void)!write(fd.get(), "1", 1);
}

Status attach_host_end(Netlink& host, const Interface& interface, const InterfaceInfo& info,
                       const Link& bridge) {
    if (bridge.index != 0) {
        disable_ipv6(info.hostName);
        NetlinkMessage message = link_change(info.hostIndex, 0);
        if (message)
            nla_put_u32(message.get(), IFLA_MASTER, static_cast<uint32_t>(bridge.index));
        const NetlinkAnswer answer = host.send(message);
        if (answer.err != 0)
            return failed("RTM_NEWLINK(IFLA_MASTER)", answer, bridge.name, interface.origin);
    }
    const NetlinkAnswer answer = host.send(link_change(info.hostIndex, IFF_UP));
    if (answer.err != 0)
        return failed("RTM_NEWLINK(IFF_UP)", answer, info.hostName, interface.origin);
    return {};
}

Status check(const Interface& interface) {
    const auto badName = [](const std::string& name) {
        return name.size() >= IFNAMSIZ || name.find('/') != name.npos || name == "." || name == "..";
    };
    Mac mac{};
    if (badName(interface.hostName))
        return refused("bad-interface-name", interface.hostName, interface.origin);
    if (badName(interface.name))
        return refused("bad-interface-name", interface.name, interface.origin);
    if (!interface.hwaddr.empty() && !parse_mac(interface.hwaddr, mac))
        return refused("bad-hardware-address", interface.hwaddr, interface.origin);
    return {};
}

// The pair on the host's side: bridge looked up, both ends made, host end attached and up. info is complete
// but for the name inside; once hostIndex is set, the caller removes it on failure.
Status make_host_end(Netlink& host, const Interface& interface, pid_t child, InterfaceInfo& info) {
    if (Status status = check(interface); !status.ok())
        return status;
    Link bridge;
    if (!interface.link.empty()) {
        const NetlinkAnswer answer = host.link(interface.link, bridge);
        if (answer.err != 0)
            return failed("RTM_GETLINK", answer, interface.link, interface.origin);
    }
    const uint32_t mtu = interface.mtu != 0 ? static_cast<uint32_t>(interface.mtu) : bridge.mtu;
    NetlinkAnswer made{.err = EEXIST, .text = {}};
    for (int attempt = 0; attempt < 16 && made.err == EEXIST; ++attempt) {
        info.hostName = interface.hostName.empty() ? random_name() : interface.hostName;
        made = make_pair(host, interface, info.hostName, mtu, child);
        if (!interface.hostName.empty())
            break;
    }
    if (made.err != 0)
        return failed("RTM_NEWLINK(veth)", made, info.hostName, interface.origin);
    Link end;
    const NetlinkAnswer found = host.link(info.hostName, end);
    if (found.err != 0)
        return failed("RTM_GETLINK", found, info.hostName, interface.origin);
    info.hostIndex = end.index;
    return attach_host_end(host, interface, info, bridge);
}

using AddressBytes = std::array<uint8_t, 16>;

Status add_address(Netlink& inside, int index, int family, const plan::Address& address) {
    const size_t size = family == AF_INET ? 4 : 16;
    AddressBytes bytes{}, broadcast{};
    if (inet_pton(family, address.address.c_str(), bytes.data()) != 1)
        return refused("bad-address", address.address, address.origin);
    ifaddrmsg header{};
    header.ifa_family = static_cast<uint8_t>(family);
    header.ifa_prefixlen = static_cast<uint8_t>(address.prefix);
    header.ifa_index = static_cast<uint32_t>(index);
    NetlinkMessage message = netlink_message(RTM_NEWADDR, kMake, header);
    if (message) {
        nla_put(message.get(), IFA_LOCAL, static_cast<int>(size), bytes.data());
        nla_put(message.get(), IFA_ADDRESS, static_cast<int>(size), bytes.data());
        if (!address.broadcast.empty()) {
            if (inet_pton(family, address.broadcast.c_str(), broadcast.data()) != 1)
                return refused("bad-address", address.broadcast, address.origin);
            nla_put(message.get(), IFA_BROADCAST, static_cast<int>(size), broadcast.data());
        } else if (family == AF_INET && address.prefix < 31) {
            in_addr computed{};
            memcpy(&computed, bytes.data(), sizeof computed);
            computed.s_addr |= htonl(address.prefix == 0 ? ~0U : (1U << (32 - address.prefix)) - 1);
            nla_put(message.get(), IFA_BROADCAST, sizeof computed, &computed);
        }
    }
    const NetlinkAnswer answer = inside.send(message);
    if (answer.err != 0)
        return failed("RTM_NEWADDR", answer, address.address, address.origin);
    return {};
}

struct Route {
    int family;
    int index;
    const AddressBytes* destination; // null: the default route
    const AddressBytes* gateway;     // null: on the link itself
};

NetlinkAnswer add_route(Netlink& inside, const Route& route) {
    const int size = route.family == AF_INET ? 4 : 16;
    rtmsg header{};
    header.rtm_family = static_cast<uint8_t>(route.family);
    header.rtm_dst_len = static_cast<uint8_t>(route.destination != nullptr ? size * 8 : 0);
    header.rtm_table = RT_TABLE_MAIN;
    header.rtm_protocol = RTPROT_BOOT;
    header.rtm_scope = route.gateway != nullptr ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
    header.rtm_type = RTN_UNICAST;
    NetlinkMessage message = netlink_message(RTM_NEWROUTE, kMake, header);
    if (message) {
        if (route.destination != nullptr)
            nla_put(message.get(), RTA_DST, size, route.destination->data());
        if (route.gateway != nullptr)
            nla_put(message.get(), RTA_GATEWAY, size, route.gateway->data());
        nla_put_u32(message.get(), RTA_OIF, static_cast<uint32_t>(route.index));
    }
    return inside.send(message);
}

// The default route: by an address, which gets a route of its own first when none leads to it, or "dev".
Status add_gateway(Netlink& inside, int index, int family, const std::string& gateway,
                   const plan::Origin& origin) {
    AddressBytes bytes{};
    Route route{.family = family, .index = index, .destination = nullptr, .gateway = nullptr};
    if (gateway != "dev") {
        if (inet_pton(family, gateway.c_str(), bytes.data()) != 1)
            return refused("bad-address", gateway, origin);
        route.gateway = &bytes;
    }
    NetlinkAnswer answer = add_route(inside, route);
    if (route.gateway != nullptr && (answer.err == ENETUNREACH || answer.err == EHOSTUNREACH)) {
        answer =
            add_route(inside, {.family = family, .index = index, .destination = &bytes, .gateway = nullptr});
        if (answer.err == 0)
            answer = add_route(inside, route);
    }
    if (answer.err != 0)
        return failed("RTM_NEWROUTE", answer, gateway, origin);
    return {};
}

// "auto" is the address that the interface's link has on the host.
Status settle_gateway(Netlink& host, const Interface& interface, int family, std::string& gateway) {
    if (gateway != "auto")
        return {};
    Link link;
    if (const NetlinkAnswer answer = host.link(interface.link, link); answer.err != 0)
        return failed("RTM_GETLINK", answer, interface.link, interface.origin);
    gateway.clear();
    if (const NetlinkAnswer answer = host.primary_address(link.index, family, gateway); answer.err != 0)
        return failed("RTM_GETADDR", answer, interface.link, interface.origin);
    if (gateway.empty())
        return refused("link-has-no-address", interface.link, interface.origin);
    return {};
}

// The container's end, from its temporary name to its routes.
Status configure_inside(Netlink& host, Netlink& inside, const Interface& interface, InterfaceInfo& info) {
    const std::string temporary = temporary_name(interface);
    Link link;
    if (const NetlinkAnswer answer = inside.link(temporary, link); answer.err != 0)
        return failed("RTM_GETLINK", answer, temporary, interface.origin);
    NetlinkMessage rename = link_change(link.index, 0);
    const std::string wanted = interface.name.empty() ? "eth%d" : interface.name;
    if (rename)
        nla_put_string(rename.get(), IFLA_IFNAME, wanted.c_str());
    if (const NetlinkAnswer answer = inside.send(rename); answer.err != 0)
        return failed("RTM_NEWLINK(IFLA_IFNAME)", answer, wanted, interface.origin);
    if (const NetlinkAnswer answer = inside.link(link.index, link); answer.err != 0)
        return failed("RTM_GETLINK", answer, wanted, interface.origin);
    info.name = link.name;

    for (const auto& address : interface.ipv4)
        if (Status status = add_address(inside, link.index, AF_INET, address); !status.ok())
            return status;
    for (const auto& address : interface.ipv6)
        if (Status status = add_address(inside, link.index, AF_INET6, address); !status.ok())
            return status;
    if (interface.up)
        if (const NetlinkAnswer answer = inside.send(link_change(link.index, IFF_UP)); answer.err != 0)
            return failed("RTM_NEWLINK(IFF_UP)", answer, info.name, interface.origin);
    for (const int family : {AF_INET, AF_INET6}) {
        std::string gateway = family == AF_INET ? interface.ipv4Gateway : interface.ipv6Gateway;
        if (gateway.empty())
            continue;
        if (Status status = settle_gateway(host, interface, family, gateway); !status.ok())
            return status;
        Status status = add_gateway(inside, link.index, family, gateway, interface.origin);
        if (!status.ok())
            return status;
    }
    return {};
}

// Opens a socket in the child's network namespace and comes back.
Status open_inside(pid_t child, Netlink& inside) {
    const UniqueFd home{open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)};
    const UniqueFd pidfd{static_cast<int>(syscall(SYS_pidfd_open, child, 0))};
    if (!home || !pidfd)
        return syscall_failure("network", home ? "pidfd_open" : "open", "/proc/self/ns/net");
    if (setns(pidfd.get(), CLONE_NEWNET) != 0)
        return syscall_failure("network", "setns");
    Status status;
    if (!inside.open())
        status = syscall_failure("network", "socket(NETLINK_ROUTE)");
    // A monitor left in the container's network would act on the wrong host ends: better none at all.
    if (setns(home.get(), CLONE_NEWNET) != 0)
        abort();
    return status;
}

Status loopback_up(Netlink& inside) {
    Link lo;
    NetlinkAnswer answer = inside.link("lo", lo);
    if (answer.err == 0)
        answer = inside.send(link_change(lo.index, IFF_UP));
    if (answer.err == 0)
        return {};
    return Failure{.step = "network", .syscall = "RTM_NEWLINK(IFF_UP)", .err = answer.err, .path = "lo"};
}

Status create_all(const plan::StartPlan& plan, pid_t child, std::vector<InterfaceInfo>& made) {
    Netlink host, inside;
    if (!host.open())
        return syscall_failure("network", "socket(NETLINK_ROUTE)");
    if (Status status = open_inside(child, inside); !status.ok())
        return status;
    if (Status status = loopback_up(inside); !status.ok())
        return status;
    for (const auto& interface : plan.interfaces) {
        InterfaceInfo& info = made.emplace_back();
        info.index = static_cast<long>(interface.index);
        info.type = interface.type == plan::InterfaceType::Veth ? "veth" : "empty";
        info.link = interface.link;
        if (interface.type != plan::InterfaceType::Veth)
            continue;
        if (Status status = make_host_end(host, interface, child, info); !status.ok())
            return status;
    }
    // Those with a name of their own first, so that eth%d takes what they leave.
    for (const bool named : {true, false})
        for (size_t i = 0; i < made.size(); ++i) {
            const Interface& interface = plan.interfaces[i];
            if (interface.type != plan::InterfaceType::Veth || interface.name.empty() == named)
                continue;
            Status status = configure_inside(host, inside, interface, made[i]);
            if (!status.ok())
                return status;
        }
    return {};
}

} // namespace

Result<std::vector<InterfaceInfo>> create(const plan::StartPlan& plan, pid_t child) {
    std::vector<InterfaceInfo> made;
    if (std::ranges::find(plan.namespaces, plan::Namespace::Net) == plan.namespaces.end())
        return made;
    const Status status = create_all(plan, child, made);
    if (status.ok())
        return made;
    remove(made);
    return status.failure();
}

void remove(const std::vector<InterfaceInfo>& interfaces) {
    Netlink host;
    const auto hasEnd = [](const InterfaceInfo& info) { return info.hostIndex != 0; };
    if (std::ranges::none_of(interfaces, hasEnd) || !host.open())
        return;
    for (const auto& info : interfaces) {
        if (info.hostIndex == 0)
            continue;
        ifinfomsg header{};
        header.ifi_index = info.hostIndex;
        (void)host.send(netlink_message(RTM_DELLINK, kChange, header)); // ENODEV: it went with the namespace
    }
}

} // namespace tlxc::network
