#include "user-nic/pair.h"

#include <fcntl.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/random.h>

#include <algorithm>

#include "common/unique_fd.h"

namespace tlxc::user_nic {
namespace {

constexpr int kTries = 64;

// A bridge takes the lowest MAC address of its ports for its own: fe:… is never the lowest, so it stays put.
void put_high_address(nl_msg* message) {
    uint8_t mac[6];
    (void)!getrandom(mac, sizeof mac, 0);
    mac[0] = 0xfe;
    nla_put(message, IFLA_ADDRESS, sizeof mac, mac);
}

int ask_for_pair(Netlink& host, const Link& bridge, int network, const Pair& pair) {
    NetlinkMessage message = netlink_message(RTM_NEWLINK, kMake, ifinfomsg{});
    nl_msg* const m = message.get();
    if (m == nullptr)
        return ENOMEM;
    nla_put_string(m, IFLA_IFNAME, pair.outside.c_str());
    put_high_address(m);
    nla_put_u32(m, IFLA_MTU, bridge.mtu);
    nla_put_u32(m, IFLA_MASTER, static_cast<uint32_t>(bridge.index));
    nlattr* const info = nla_nest_start(m, IFLA_LINKINFO);
    nla_put_string(m, IFLA_INFO_KIND, "veth");
    nlattr* const data = nla_nest_start(m, IFLA_INFO_DATA);
    nlattr* const peer = nla_nest_start(m, VETH_INFO_PEER);
    const ifinfomsg header{};
    nlmsg_append(m, const_cast<ifinfomsg*>(&header), sizeof header, NLMSG_ALIGNTO);
    nla_put_string(m, IFLA_IFNAME, pair.inside.c_str());
    nla_put_u32(m, IFLA_MTU, bridge.mtu);
    nla_put_u32(m, IFLA_NET_NS_FD, static_cast<uint32_t>(network));
    nla_nest_end(m, peer);
    nla_nest_end(m, data);
    nla_nest_end(m, info);
    return host.send(message).err;
}

// The port of a bridge needs no address of its own. A kernel without IPv6 has no such file.
void disable_ipv6(const std::string& name) {
    const std::string path = "/proc/sys/net/ipv6/conf/" + name + "/disable_ipv6";
    const UniqueFd fd{open(path.c_str(), O_WRONLY | O_CLOEXEC)};
    if (fd)
        (void)!write(fd.get(), "1", 1);
}

} // namespace

std::string free_name(Netlink& host, uid_t user) {
    static constexpr char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    std::string prefix = "veth" + std::to_string(user) + "_";
    if (prefix.size() + 4 >= IFNAMSIZ)
        prefix = "v" + std::to_string(user) + "_"; // at most 12, of the 15 that a name may have
    const size_t drawn = std::min<size_t>(4, IFNAMSIZ - 1 - prefix.size());
    for (int attempt = 0; attempt < kTries; ++attempt) {
        std::string name = prefix;
        for (size_t i = 0; i < drawn; ++i) {
            uint8_t byte = 0;
            (void)!getrandom(&byte, 1, 0);
            name += letters[byte % (sizeof letters - 1)];
        }
        Link taken;
        if (find_link(host, name, taken).err == ENODEV)
            return name;
    }
    return {};
}

bool make_pair(Netlink& host, const Link& bridge, int network, Pair& pair) {
    int error = 0;
    if (!pair.inside.empty())
        error = ask_for_pair(host, bridge, network, pair);
    else
        for (int number = 0; number < kTries; ++number) {
            pair.inside = "eth" + std::to_string(number);
            error = ask_for_pair(host, bridge, network, pair);
            if (error != EEXIST)
                break;
        }
    Link outside;
    if (error != 0 || find_link(host, pair.outside, outside).err != 0)
        return false;
    pair.outsideIndex = outside.index;
    pair.insideIndex = outside.peer;
    disable_ipv6(pair.outside);
    if (outside.master == bridge.index && host.send(link_change(outside.index, IFF_UP)).err == 0)
        return true;
    (void)delete_link(host, outside.index);
    return false;
}

} // namespace tlxc::user_nic
