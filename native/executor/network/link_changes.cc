#include "executor/network/link_changes.h"

#include <net/if.h>

#include "executor/network/addresses.h"
#include "executor/network/network_parts.h"

namespace tlxc::network {
namespace {

// The changes of one order, by the host's socket.
class Changing {
  public:
    explicit Changing(Netlink& host) : host_(host) {}

    Status operator()(const plan::MakeLink& change) {
        HardwareAddress hwaddr;
        if (!change.hwaddr.empty() && !parse_hwaddr(change.hwaddr, hwaddr))
            return refusal("network", "bad-hwaddr", change.hwaddr);
        const Link below = change.on.empty() ? Link{} : TRY(find(change.on));
        NetlinkMessage message = netlink_message(RTM_NEWLINK, kMake, ifinfomsg{});
        nl_msg* const m = message.get();
        const auto length = static_cast<int>(hwaddr.size());
        if (m && (nla_put_string(m, IFLA_IFNAME, change.link.c_str()) != 0 ||
                  (!change.hwaddr.empty() && nla_put(m, IFLA_ADDRESS, length, hwaddr.data()) != 0) ||
                  (below.index != 0 && nla_put_u32(m, IFLA_LINK, static_cast<uint32_t>(below.index)) != 0) ||
                  !put_kind(m, change)))
            return too_long("RTM_NEWLINK", change.link);
        const std::string request = "RTM_NEWLINK(" + change.kind + ")";
        return outcome(request.c_str(), host_.send(message), change.link);
    }

    Status operator()(const plan::DeleteBridge& change) {
        Link link;
        const NetlinkAnswer found = find_link(host_, change.link, link);
        if (found.err == ENODEV)
            return {};
        if (found.err != 0)
            return failed("RTM_GETLINK", found, change.link, {});
        if (link.kind != "bridge")
            return refusal("network", "no-bridge", change.link);
        const NetlinkAnswer deleted = delete_link(host_, link.index);
        return deleted.err == ENODEV ? Status{} : outcome("RTM_DELLINK", deleted, link.name);
    }

    Status operator()(const plan::SetState& change) {
        const Link link = TRY(find(change.link));
        return change.up ? set_up(link) : outcome("RTM_NEWLINK", set_down(host_, link.index), link.name);
    }

    Status operator()(const plan::JoinBridge& change) {
        const Link bridge = TRY(find(change.bridge)), link = TRY(find(change.link));
        NetlinkMessage message = link_change(link.index, 0);
        if (message && nla_put_u32(message.get(), IFLA_MASTER, static_cast<uint32_t>(bridge.index)) != 0)
            return too_long("RTM_NEWLINK(IFLA_MASTER)", link.name);
        TRY(outcome("RTM_NEWLINK(IFLA_MASTER)", host_.send(message), link.name));
        return set_up(link);
    }

    Status operator()(const plan::GiveAddress& change) {
        const Link link = TRY(find(change.link));
        InterfaceAddress address{.prefix = static_cast<uint8_t>(change.prefix)};
        address.hasBroadcast = !change.broadcast.empty();
        if (!parse_ip(change.address, address.address) ||
            (address.hasBroadcast && !parse_ip(change.broadcast, address.broadcast)))
            return refusal("network", "bad-address", change.address);
        address.flags = change.sure ? IFA_F_NODAD : 0;
        return outcome("RTM_NEWADDR", add_address(host_, link.index, address, kKeep), change.address);
    }

    Status operator()(const plan::TakeAddress& change) {
        const Link link = TRY(find(change.link));
        IpAddress address;
        if (!parse_ip(change.address, address))
            return refusal("network", "bad-address", change.address);
        const NetlinkAnswer taken =
            remove_address(host_, link.index, address, static_cast<int>(change.prefix));
        // The kernel takes the other addresses of a network along with the first.
        return taken.err == EADDRNOTAVAIL ? Status{} : outcome("RTM_DELADDR", taken, change.address);
    }

  private:
    Result<Link> find(const std::string& name) {
        Link link;
        if (const NetlinkAnswer found = find_link(host_, name, link); found.err != 0)
            return failed("RTM_GETLINK", found, name, {});
        return link;
    }

    // False: there is no room for it.
    static bool put_kind(nl_msg* message, const plan::MakeLink& change) {
        nlattr* const info = nla_nest_start(message, IFLA_LINKINFO);
        if (info == nullptr || nla_put_string(message, IFLA_INFO_KIND, change.kind.c_str()) != 0)
            return false;
        if (change.vlan != 0) {
            nlattr* const data = nla_nest_start(message, IFLA_INFO_DATA);
            if (data == nullptr ||
                nla_put_u16(message, IFLA_VLAN_ID, static_cast<uint16_t>(change.vlan)) != 0)
                return false;
            nla_nest_end(message, data);
        }
        nla_nest_end(message, info);
        return true;
    }

    static Failure too_long(const char* request, const std::string& object) {
        return Failure{.step = "network", .syscall = request, .err = EMSGSIZE, .path = object};
    }

    Status set_up(const Link& link) {
        return outcome("RTM_NEWLINK(IFF_UP)", host_.send(link_change(link.index, IFF_UP)), link.name);
    }

    static Status outcome(const char* request, const NetlinkAnswer& answer, const std::string& object) {
        return answer.err == 0 ? Status{} : Status{failed(request, answer, object, {})};
    }

    Netlink& host_;
};

} // namespace

Status change_links(const plan::LinkChanges& changes) {
    Netlink host;
    if (!host.open())
        return syscall_failure("network", "socket(NETLINK_ROUTE)");
    Changing changing{host};
    for (const auto& each : changes.changes)
        TRY(std::visit(changing, each));
    return {};
}

} // namespace tlxc::network
