#include "executor/veth.h"

#include <fcntl.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/random.h>

#include <array>
#include <cstdio>

#include "executor/network_failure.h"

namespace tlxc::network {
namespace {

using plan::Interface;
using Mac = std::array<uint8_t, 6>;

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

} // namespace

std::string temporary_name(const Interface& interface) {
    return "tlxc" + std::to_string(interface.index);
}

Status make_veth(Netlink& host, const Interface& interface, pid_t child, InterfaceInfo& info) {
    TRY(check(interface));
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

} // namespace tlxc::network
