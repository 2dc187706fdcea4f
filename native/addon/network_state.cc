// A container's interfaces, addresses and counters, by rtnetlink from a socket that lives in its network
// namespace; the routes of the caller's own.
#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>

#include <cstring>
#include <memory>

#include "addon/aside.h"
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
            return rtnetlink::text_in(each);
    return {};
}

void set_hwaddr(Napi::Object& out, const rtattr* attribute) {
    const auto* byte = static_cast<const unsigned char*>(RTA_DATA(attribute));
    char text[18];
    if (RTA_PAYLOAD(attribute) != 6)
        return;
    snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", byte[0], byte[1], byte[2], byte[3], byte[4],
             byte[5]);
    out.Set("hwaddr", text);
}

void set_of_link(Napi::Env env, Napi::Object& out, const rtattr* attribute) {
    uint32_t mtu = 0;
    int32_t master = 0;
    uint8_t state = 0;
    switch (attribute->rta_type) {
    case IFLA_IFNAME:
        out.Set("name", rtnetlink::text_in(attribute));
        break;
    case IFLA_MTU:
        if (rtnetlink::number_in(attribute, mtu))
            out.Set("mtu", mtu);
        break;
    case IFLA_ADDRESS:
        set_hwaddr(out, attribute);
        break;
    case IFLA_MASTER:
        if (rtnetlink::number_in(attribute, master))
            out.Set("master", master);
        break;
    case IFLA_OPERSTATE:
        if (rtnetlink::number_in(attribute, state))
            out.Set("state", operational(state));
        break;
    case IFLA_LINKINFO:
        out.Set("kind", kind_of(attribute));
        break;
    case IFLA_STATS64:
        out.Set("counters", counters_of(env, RTA_DATA(attribute), RTA_PAYLOAD(attribute)));
        break;
    default:
        break;
    }
}

Napi::Object link_of(Napi::Env env, const nlmsghdr* head, const ifinfomsg& link) {
    auto out = Napi::Object::New(env);
    out.Set("index", link.ifi_index);
    out.Set("kind", "");
    out.Set("up", (link.ifi_flags & IFF_UP) != 0);
    out.Set("loopback", (link.ifi_flags & IFF_LOOPBACK) != 0);
    rtnetlink::each_attribute<ifinfomsg>(head,
                                         [&](const rtattr* attribute) { set_of_link(env, out, attribute); });
    out.Set("addresses", Napi::Array::New(env));
    return out;
}

// The interface's own address: IFA_LOCAL where there is a peer (point to point), else IFA_ADDRESS.
void add_address(Napi::Env env, const nlmsghdr* head, const std::function<Napi::Value(int)>& byIndex) {
    const auto* address = rtnetlink::header_of<ifaddrmsg>(head);
    if (address == nullptr)
        return;
    const Napi::Value link = byIndex(static_cast<int>(address->ifa_index));
    if (!link.IsObject())
        return;
    const size_t size = address->ifa_family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr);
    const void* own = nullptr;
    rtnetlink::each_attribute<ifaddrmsg>(head, [&](const rtattr* attribute) {
        if (RTA_PAYLOAD(attribute) == size &&
            (attribute->rta_type == IFA_LOCAL || (attribute->rta_type == IFA_ADDRESS && !own)))
            own = RTA_DATA(attribute);
    });
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

// What the kernel tells of one network namespace.
struct Lists {
    rtnetlink::Answer links;
    rtnetlink::Answer addresses;
};

Result<Lists> ask_for_lists(Result<UniqueFd> opened, int timeoutMs) {
    const UniqueFd socket = TRY(std::move(opened));
    Lists lists;
    lists.links = TRY(rtnetlink::ask(socket.get(), {.type = RTM_GETLINK, .timeoutMs = timeoutMs}));
    lists.addresses = TRY(rtnetlink::ask(socket.get(), {.type = RTM_GETADDR, .timeoutMs = timeoutMs}));
    return lists;
}

Napi::Value state_of(Napi::Env env, Result<Lists>& listed) {
    if (!listed.ok())
        return js::failure(env, listed.failure());
    const auto& lists = listed.value();
    auto links = Napi::Array::New(env);
    auto indices = Napi::Object::New(env);
    lists.links.each([&](const nlmsghdr* head) {
        const auto* const header = rtnetlink::header_of<ifinfomsg>(head);
        if (head->nlmsg_type != RTM_NEWLINK || header == nullptr)
            return;
        const auto link = link_of(env, head, *header);
        indices.Set(link.Get("index"), link);
        links.Set(links.Length(), link);
    });
    lists.addresses.each([&](const nlmsghdr* head) {
        if (head->nlmsg_type == RTM_NEWADDR)
            add_address(env, head, [&](int index) { return indices.Get(static_cast<uint32_t>(index)); });
    });
    return links;
}

Napi::Value network_state(const Napi::CallbackInfo& info) {
    const auto options = info[0].As<Napi::Object>();
    auto listed = ask_for_lists(rtnetlink::open_socket(js::number(options, "initPidfd")),
                                js::number(options, "timeoutMs"));
    return state_of(info.Env(), listed);
}

// What a thread is told of many network namespaces. Whoever asked may be gone before it is.
struct Survey {
    std::vector<UniqueFd> pidfds;
    int timeoutMs = 0;
    std::vector<Result<Lists>> told;
    std::shared_ptr<UniqueFd> done; // readable at the end

    void run() {
        for (const auto& pidfd : pidfds)
            told.push_back(ask_for_lists(rtnetlink::open_socket_astray(pidfd.get()), timeoutMs));
        pidfds.clear();
    }
};

// Each step of the thread has its deadline. No descriptor is left to the garbage collector, who may come
// late.
Napi::Value collect(Napi::Env env, Survey& survey) {
    if (survey.done) {
        pollfd end{.fd = survey.done->get(), .events = POLLIN, .revents = 0};
        while (::poll(&end, 1, -1) < 0 && errno == EINTR) {
        }
        survey.done.reset();
    }
    auto states = Napi::Array::New(env, survey.told.size());
    for (uint32_t i = 0; i < survey.told.size(); ++i)
        states.Set(i, state_of(env, survey.told[i]));
    return states;
}

Napi::Value begin_network_states(const Napi::CallbackInfo& info) {
    const auto options = info[0].As<Napi::Object>();
    const auto survey = std::make_shared<Survey>();
    survey->timeoutMs = js::number(options, "timeoutMs");
    for (const int pidfd : js::numbers(options, "initPidfds"))
        survey->pidfds.emplace_back(pidfd);
    survey->done = begin_aside([survey] { survey->run(); });
    if (!survey->done)
        return js::failure(info.Env(), {.step = "network", .syscall = "pthread_create", .err = EAGAIN});
    return Napi::Function::New(
        info.Env(), [survey](const Napi::CallbackInfo& call) { return collect(call.Env(), *survey); });
}

void set_address(Napi::Object& out, const char* name, const rtattr* attribute) {
    char text[INET_ADDRSTRLEN];
    if (RTA_PAYLOAD(attribute) == sizeof(in_addr) &&
        inet_ntop(AF_INET, RTA_DATA(attribute), text, sizeof text) != nullptr)
        out.Set(name, text);
}

Napi::Object route_of(Napi::Env env, const nlmsghdr* head, const rtmsg& route) {
    auto out = Napi::Object::New(env);
    out.Set("destination", "0.0.0.0");
    out.Set("prefix", route.rtm_dst_len);
    rtnetlink::each_attribute<rtmsg>(head, [&](const rtattr* attribute) {
        char name[IF_NAMESIZE];
        unsigned index = 0;
        if (attribute->rta_type == RTA_DST)
            set_address(out, "destination", attribute);
        if (attribute->rta_type == RTA_GATEWAY)
            set_address(out, "gateway", attribute);
        if (attribute->rta_type == RTA_OIF && rtnetlink::number_in(attribute, index) &&
            if_indextoname(index, name) != nullptr)
            out.Set("device", name);
    });
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
    auto answer = rtnetlink::ask(socket.value().get(), question);
    if (!answer.ok())
        return js::failure(env, answer.failure());
    answer.value().each([&](const nlmsghdr* head) {
        const auto* const route = rtnetlink::header_of<rtmsg>(head);
        if (head->nlmsg_type == RTM_NEWROUTE && route != nullptr && route->rtm_table == RT_TABLE_MAIN)
            routes.Set(routes.Length(), route_of(env, head, *route));
    });
    return routes;
}

} // namespace

void export_network_state(Napi::Env env, Napi::Object exports) {
    exports.Set("networkState", Napi::Function::New(env, network_state));
    exports.Set("beginNetworkStates", Napi::Function::New(env, begin_network_states));
    exports.Set("ipv4Routes", Napi::Function::New(env, ipv4_routes));
}

} // namespace tlxc
