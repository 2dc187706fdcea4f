#include "executor/network/veth.h"

#include <linux/veth.h>
#include <sys/random.h>

#include "executor/network/bridge_port.h"
#include "executor/network/host_routes.h"

namespace tlxc::network {
namespace {

using plan::Interface;

// A bridge takes the lowest MAC address of its ports for its own: fe:… is never the lowest, so it stays put.
HardwareAddress host_hwaddr() {
    HardwareAddress address{};
    (void)!getrandom(address.data(), address.size(), 0);
    address[0] = 0xfe;
    return address;
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

struct Pair {
    const Interface& interface;
    const plan::VethDevice& veth;
    std::string hostName;
    uint32_t mtu; // 0: the kernel's
    pid_t child;
};

void put_common(nl_msg* message, const Pair& pair, const HardwareAddress* hwaddr) {
    if (hwaddr != nullptr)
        nla_put(message, IFLA_ADDRESS, static_cast<int>(hwaddr->size()), hwaddr->data());
    if (pair.mtu != 0)
        nla_put_u32(message, IFLA_MTU, pair.mtu);
    if (pair.veth.rxQueues.value != 0)
        nla_put_u32(message, IFLA_NUM_RX_QUEUES, static_cast<uint32_t>(pair.veth.rxQueues.value));
    if (pair.veth.txQueues.value != 0)
        nla_put_u32(message, IFLA_NUM_TX_QUEUES, static_cast<uint32_t>(pair.veth.txQueues.value));
}

// Asks for the pair; the other end is born in the child's namespace, under its temporary name.
NetlinkAnswer make_pair(Netlink& host, const Pair& pair) {
    NetlinkMessage message = netlink_message(RTM_NEWLINK, kMake, ifinfomsg{});
    nl_msg* const m = message.get();
    if (m == nullptr)
        return {.err = ENOMEM, .text = {}};
    nla_put_string(m, IFLA_IFNAME, pair.hostName.c_str());
    const HardwareAddress outside = host_hwaddr();
    put_common(m, pair, &outside);
    nlattr* const info = nla_nest_start(m, IFLA_LINKINFO);
    nla_put_string(m, IFLA_INFO_KIND, "veth");
    nlattr* const data = nla_nest_start(m, IFLA_INFO_DATA);
    nlattr* const peer = nla_nest_start(m, VETH_INFO_PEER);
    const ifinfomsg peerHeader{};
    nlmsg_append(m, const_cast<ifinfomsg*>(&peerHeader), sizeof peerHeader, NLMSG_ALIGNTO);
    nla_put_string(m, IFLA_IFNAME, temporary_name(pair.interface).c_str());
    HardwareAddress inside{};
    put_common(m, pair, parse_hwaddr(pair.interface.hwaddr.value, inside) ? &inside : nullptr);
    nla_put_u32(m, IFLA_NET_NS_PID, static_cast<uint32_t>(pair.child));
    nla_nest_end(m, peer);
    nla_nest_end(m, data);
    nla_nest_end(m, info);
    return host.send(message);
}

// The line that the kernel's refusal of a new pair is about.
const plan::Origin& culprit(const Pair& pair, int err) {
    switch (err) {
    case EEXIST:
        return pair.veth.hostName.origin;
    case EADDRNOTAVAIL:
        return pair.interface.hwaddr.origin;
    case EINVAL: // too many queues, or the packet size of a link that is no bridge
    case ERANGE:
        return pair.veth.rxQueues.value > 1   ? pair.veth.rxQueues.origin
               : pair.veth.txQueues.value > 1 ? pair.veth.txQueues.origin
                                              : pair.interface.link.origin;
    default:
        return pair.interface.origin;
    }
}

Status make_named_pair(Netlink& host, Pair& pair) {
    const std::string& wanted = pair.veth.hostName.value;
    NetlinkAnswer made{.err = EEXIST, .text = {}};
    for (int attempt = 0; attempt < 16 && made.err == EEXIST; ++attempt) {
        pair.hostName = wanted.empty() ? random_name() : wanted;
        made = make_pair(host, pair);
        if (!wanted.empty())
            break;
    }
    if (made.err != 0)
        return failed("RTM_NEWLINK(veth)", made, pair.hostName, culprit(pair, made.err));
    return {};
}

Status check(const Interface& interface, const plan::VethDevice& veth) {
    HardwareAddress hwaddr{};
    if (!veth.hostName.value.empty() && !is_interface_name(veth.hostName.value))
        return refused("bad-interface-name", veth.hostName.value, veth.hostName.origin);
    if (!interface.hwaddr.value.empty() && !parse_hwaddr(interface.hwaddr.value, hwaddr))
        return refused("bad-hardware-address", interface.hwaddr.value, interface.hwaddr.origin);
    return {};
}

} // namespace

Status make_veth(Making& making, const Interface& interface, InterfaceInfo& info) {
    const auto& veth = std::get<plan::VethDevice>(interface.device);
    TRY(check(interface, veth));
    Link link;
    if (!interface.link.value.empty())
        TRY(find_link_of(making.host, interface, link));
    // A size of the configuration's own is set afterwards, where its line can be named.
    Pair pair{interface, veth, {}, interface.mtu.value != 0 ? 0 : link.mtu, making.child};
    TRY(make_named_pair(making.host, pair));
    info.hostName = pair.hostName;
    Link end;
    if (const NetlinkAnswer found = find_link(making.host, info.hostName, end); found.err != 0)
        return failed("RTM_GETLINK", found, info.hostName, interface.origin);
    info.hostIndex = end.index;
    if (interface.mtu.value != 0)
        if (const NetlinkAnswer answer =
                set_mtu(making.host, end.index, static_cast<uint32_t>(interface.mtu.value));
            answer.err != 0)
            return failed("RTM_NEWLINK(IFLA_MTU)", answer, info.hostName, interface.mtu.origin);
    if (link.index != 0 && veth.mode == plan::VethMode::Bridge)
        TRY(join_bridge(making, interface, info, link));
    const NetlinkAnswer up = making.host.send(link_change(info.hostIndex, IFF_UP));
    if (up.err != 0)
        return failed("RTM_NEWLINK(IFF_UP)", up, info.hostName, interface.origin);
    TRY(add_host_routes(making.host, info, veth.ipv4Routes));
    return add_host_routes(making.host, info, veth.ipv6Routes);
}

} // namespace tlxc::network
