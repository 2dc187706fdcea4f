// A container's interfaces, addresses and counters, by rtnetlink from a socket that lives in its network
// namespace; the routes of the caller's own.
#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <cstring>

#include "addon/families.h"
#include "addon/js.h"
#include "addon/rtnetlink.h"

namespace tlxc {
namespace {

// As RFC 2863 and ip(8) name them.
const char* operational(uint8_t state) {
    constexpr const char* words[] = {"unknown", "notpresent", "down", "lowerlayerdown",
                                     "testing", "dormant",    "up"};
    return state < std::size(words) ? words[state] : "unknown";
}

Napi::Object counters_of(Napi::Env env, const void* data, size_t size) {
    rtnl_link_stats64 stats{};
    memcpy(&stats, data, std::min(sizeof stats, size));
    auto out = Napi::Object::New(env);
    const auto set = [&](const char* name, uint64_t value) { out.Set(name, static_cast<double>(value)); };
    set("rxBytes", stats.rx_bytes);
    set("rxPackets", stats.rx_packets);
    set("rxErrors", stats.rx_errors);
    set("rxDropped", stats.rx_dropped);
    set("txBytes", stats.tx_bytes);
    set("txPackets", stats.tx_packets);
    set("txErrors", stats.tx_errors);
    set("txDropped", stats.tx_dropped);
    return out;
}

// "" where a driver says nothing of the sort.
std::string kind_of(const rtattr* info) {
    auto left = static_cast<int>(RTA_PAYLOAD(info));
    for (const auto* each = static_cast<const rtattr*>(RTA_DATA(info)); RTA_OK(each, left);
         each = RTA_NEXT(each, left))
        if (each->rta_type == IFLA_INFO_KIND)
            return static_cast<const char*>(RTA_DATA(each));
    return {};
}

Napi::Object link_of(Napi::Env env, const nlmsghdr* head) {
    const auto* link = static_cast<const ifinfomsg*>(NLMSG_DATA(head));
    auto out = Napi::Object::New(env);
    out.Set("index", link->ifi_index);
    out.Set("kind", "");
    out.Set("up", (link->ifi_flags & IFF_UP) != 0);
    out.Set("loopback", (link->ifi_flags & IFF_LOOPBACK) != 0);
    auto left = static_cast<int>(head->nlmsg_len - NLMSG_LENGTH(sizeof *link));
    for (const rtattr* attribute = IFLA_RTA(link); RTA_OK(attribute, left);
         attribute = RTA_NEXT(attribute, left)) {
        const void* data = RTA_DATA(attribute);
        if (attribute->rta_type == IFLA_IFNAME)
            out.Set("name", static_cast<const char*>(data));
        if (attribute->rta_type == IFLA_MTU)
            out.Set("mtu", *static_cast<const uint32_t*>(data));
        if (attribute->rta_type == IFLA_ADDRESS && RTA_PAYLOAD(attribute) == 6) {
            const auto* byte = static_cast<const unsigned char*>(data);
            char text[18];
            snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", byte[0], byte[1], byte[2], byte[3],
                     byte[4], byte[5]);
            out.Set("hwaddr", text);
        }
        if (attribute->rta_type == IFLA_MASTER)
            out.Set("master", *static_cast<const int32_t*>(data));
        if (attribute->rta_type == IFLA_OPERSTATE)
            out.Set("state", operational(*static_cast<const uint8_t*>(data)));
        if (attribute->rta_type == IFLA_LINKINFO)
            out.Set("kind", kind_of(attribute));
        if (attribute->rta_type == IFLA_STATS64)
            out.Set("counters", counters_of(env, data, RTA_PAYLOAD(attribute)));
    }
    out.Set("addresses", Napi::Array::New(env));
    return out;
}

// The interface's own address: IFA_LOCAL where there is a peer (point to point), else IFA_ADDRESS.
void add_address(Napi::Env env, const nlmsghdr* head, const std::function<Napi::Value(int)>& byIndex) {
    const auto* address = static_cast<const ifaddrmsg*>(NLMSG_DATA(head));
    const Napi::Value link = byIndex(static_cast<int>(address->ifa_index));
    if (!link.IsObject())
        return;
    const void* own = nullptr;
    auto left = static_cast<int>(head->nlmsg_len - NLMSG_LENGTH(sizeof *address));
    for (const rtattr* attribute = IFA_RTA(address); RTA_OK(attribute, left);
         attribute = RTA_NEXT(attribute, left)) {
        if (attribute->rta_type == IFA_LOCAL || (attribute->rta_type == IFA_ADDRESS && !own))
            own = RTA_DATA(attribute);
    }
    char text[INET6_ADDRSTRLEN];
    if (!own || !inet_ntop(address->ifa_family, own, text, sizeof text))
        return;
    auto out = Napi::Object::New(env);
    out.Set("family", address->ifa_family == AF_INET ? "inet" : "inet6");
    out.Set("address", text);
    out.Set("prefix", address->ifa_prefixlen);
    out.Set("scope", address->ifa_scope == RT_SCOPE_LINK   ? "link"
                     : address->ifa_scope == RT_SCOPE_HOST ? "host"
                                                           : "global");
    auto addresses = link.As<Napi::Object>().Get("addresses").As<Napi::Array>();
    addresses.Set(addresses.Length(), out);
}

Napi::Value network_state(const Napi::CallbackInfo& info) {
    const auto env = info.Env();
    const auto options = info[0].As<Napi::Object>();
    const int timeoutMs = js::number(options, "timeoutMs");
    auto socket = rtnetlink::open_socket(js::number(options, "initPidfd"));
    if (!socket.ok())
        return js::failure(env, socket.failure());
    const int fd = socket.value().get();
    auto links = Napi::Array::New(env);
    auto indices = Napi::Object::New(env);
    const auto listed =
        rtnetlink::dump(fd, {.type = RTM_GETLINK, .timeoutMs = timeoutMs}, [&](const nlmsghdr* head) {
            if (head->nlmsg_type != RTM_NEWLINK)
                return;
            const auto link = link_of(env, head);
            indices.Set(link.Get("index"), link);
            links.Set(links.Length(), link);
        });
    if (!listed.ok())
        return js::failure(env, listed.failure());
    const auto addressed =
        rtnetlink::dump(fd, {.type = RTM_GETADDR, .timeoutMs = timeoutMs}, [&](const nlmsghdr* head) {
            if (head->nlmsg_type == RTM_NEWADDR)
                add_address(env, head, [&](int index) { return indices.Get(static_cast<uint32_t>(index)); });
        });
    if (!addressed.ok())
        return js::failure(env, addressed.failure());
    return links;
}

void set_address(Napi::Object& out, const char* name, const rtattr* attribute) {
    char text[INET_ADDRSTRLEN];
    if (RTA_PAYLOAD(attribute) == sizeof(in_addr) &&
        inet_ntop(AF_INET, RTA_DATA(attribute), text, sizeof text) != nullptr)
        out.Set(name, text);
}

Napi::Object route_of(Napi::Env env, const nlmsghdr* head) {
    const auto* route = static_cast<const rtmsg*>(NLMSG_DATA(head));
    auto out = Napi::Object::New(env);
    out.Set("destination", "0.0.0.0");
    out.Set("prefix", route->rtm_dst_len);
    auto left = static_cast<int>(head->nlmsg_len - NLMSG_LENGTH(sizeof *route));
    for (const rtattr* attribute = RTM_RTA(route); RTA_OK(attribute, left);
         attribute = RTA_NEXT(attribute, left)) {
        char name[IF_NAMESIZE];
        if (attribute->rta_type == RTA_DST)
            set_address(out, "destination", attribute);
        if (attribute->rta_type == RTA_GATEWAY)
            set_address(out, "gateway", attribute);
        if (attribute->rta_type == RTA_OIF &&
            if_indextoname(*static_cast<const unsigned*>(RTA_DATA(attribute)), name) != nullptr)
            out.Set("device", name);
    }
    return out;
}

Napi::Value ipv4_routes(const Napi::CallbackInfo& info) {
    const auto env = info.Env();
    auto socket = rtnetlink::open_socket(-1);
    if (!socket.ok())
        return js::failure(env, socket.failure());
    auto routes = Napi::Array::New(env);
    const rtnetlink::Question question{.type = RTM_GETROUTE,
                                       .family = AF_INET,
                                       .timeoutMs = js::number(info[0].As<Napi::Object>(), "timeoutMs")};
    const auto listed = rtnetlink::dump(socket.value().get(), question, [&](const nlmsghdr* head) {
        if (head->nlmsg_type == RTM_NEWROUTE &&
            static_cast<const rtmsg*>(NLMSG_DATA(head))->rtm_table == RT_TABLE_MAIN)
            routes.Set(routes.Length(), route_of(env, head));
    });
    if (!listed.ok())
        return js::failure(env, listed.failure());
    return routes;
}

} // namespace

void export_network_state(Napi::Env env, Napi::Object exports) {
    exports.Set("networkState", Napi::Function::New(env, network_state));
    exports.Set("ipv4Routes", Napi::Function::New(env, ipv4_routes));
}

} // namespace tlxc
