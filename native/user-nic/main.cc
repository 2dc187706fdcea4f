// tlxc-user-nic: gives the containers of plain users a network interface, as far as /etc/tlxc/tlxc-usernet
// goes. It works only where the administrator has made it set-user-id root. LXC's calling convention:
//
//   create LXCPATH NAME PID TYPE BRIDGE [NIC]            a veth pair: NIC in the network namespace of PID,
//   its other end
//                                                        a port of BRIDGE. Prints NIC:INDEX:HOSTNIC:HOSTINDEX
//   delete LXCPATH NAME NSPATH TYPE BRIDGE HOSTNIC       removes such a pair by the end on the host
//
// LXCPATH, NAME and NSPATH are never looked at: no file that the caller names is opened. Whatever the reason
// for which something is not done, the caller is told the same; the system log has the reason.
#include <errno.h>
#include <net/if.h>
#include <syslog.h>

#include <cctype>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "user-nic/allowance.h"
#include "user-nic/caller.h"
#include "user-nic/pair.h"
#include "user-nic/records.h"
#include "user-nic/target.h"

namespace tlxc::user_nic {
namespace {

constexpr const char* kType = "veth";
constexpr const char* kUsage = "usage: tlxc-user-nic create LXCPATH NAME PID veth BRIDGE [NIC]\n"
                               "       tlxc-user-nic delete LXCPATH NAME NSPATH veth BRIDGE HOSTNIC\n";
constexpr const char* kRefusal =
    "tlxc-user-nic: refused: it must be set-user-id root, the bridge must exist and be given to the user in "
    "/etc/tlxc/tlxc-usernet with room for one more interface, and the network must be that of a container of "
    "theirs\n";

struct Request {
    bool creates = true;
    pid_t pid = 0;
    std::string bridge;
    std::string interface; // create: inside, or ""; delete: on the host
};

bool is_interface_name(std::string_view name) {
    if (name.empty() || name.size() >= IFNAMSIZ || name == "." || name == "..")
        return false;
    for (const char c : name)
        if (isgraph(static_cast<unsigned char>(c)) == 0 || strchr("/:%#", c) != nullptr)
            return false;
    return true;
}

bool parse(int argc, char** argv, Request& request) {
    const std::string_view action = argc > 1 ? argv[1] : "";
    request.creates = action == "create";
    const bool counted = request.creates ? argc == 7 || argc == 8 : action == "delete" && argc == 8;
    if (!counted || strcmp(argv[5], kType) != 0 || !is_interface_name(argv[6]))
        return false;
    request.bridge = argv[6];
    if (argc == 8 && !is_interface_name(argv[7]))
        return false;
    if (argc == 8)
        request.interface = argv[7];
    if (!request.creates)
        return true;
    const char* const end = argv[4] + strlen(argv[4]);
    const auto [stop, error] = std::from_chars(argv[4], end, request.pid);
    return error == std::errc{} && stop == end && request.pid > 0;
}

int refuse(const Caller& caller, const Request& request, const char* reason) {
    openlog("tlxc-user-nic", LOG_PID, LOG_AUTHPRIV);
    syslog(LOG_NOTICE, "%s of an interface on %s refused to uid %u: %s",
           request.creates ? "making" : "removal", request.bridge.c_str(), caller.uid, reason);
    fputs(kRefusal, stderr);
    return 1;
}

int create(const Caller& caller, const Request& request, const UniqueFd& network) {
    Netlink host;
    Records records;
    if (!network)
        return refuse(caller, request, "the network namespace is not the user's");
    const long allowed = allowance(caller, kType, request.bridge);
    if (allowed == 0)
        return refuse(caller, request, "no line of tlxc-usernet allows it");
    Link bridge;
    if (!host.open() || find_link(host, request.bridge, bridge).err != 0 || bridge.kind != "bridge")
        return refuse(caller, request, "there is no such bridge");
    if (!records.open(host))
        return refuse(caller, request, "the records in /run/tlxc cannot be read or locked");
    if (records.count(caller.name, kType, request.bridge) >= allowed)
        return refuse(caller, request, "the user has as many as tlxc-usernet allows");
    Pair pair{.inside = request.interface, .outside = free_name(host, caller.uid)};
    const Row row{caller.name, kType, request.bridge, pair.outside};
    records.add(row);
    // Written before the interface exists: what was not made is forgotten by the next run, what was is never
    // uncounted.
    if (pair.outside.empty() || !records.write())
        return refuse(caller, request, "the records in /run/tlxc cannot be written");
    if (!make_pair(host, bridge, network.get(), pair)) {
        records.remove(row);
        (void)records.write();
        return refuse(caller, request, "the kernel would not make the pair");
    }
    printf("%s:%d:%s:%d\n", pair.inside.c_str(), pair.insideIndex, pair.outside.c_str(), pair.outsideIndex);
    return fflush(stdout) == 0 ? 0 : 1;
}

// Every column of the record has to fit, and the interface to be the one recorded.
int remove(const Caller& caller, const Request& request) {
    Netlink host;
    Records records;
    const Row row{caller.name, kType, request.bridge, request.interface};
    Link outside;
    if (!host.open() || !records.open(host))
        return refuse(caller, request, "the records in /run/tlxc cannot be read or locked");
    if (!records.has(row) || find_link(host, request.interface, outside).err != 0)
        return refuse(caller, request, "the user has no such interface");
    if (delete_link(host, outside.index).err != 0)
        return refuse(caller, request, "the kernel would not remove it");
    records.remove(row);
    return records.write() ? 0 : refuse(caller, request, "the records in /run/tlxc cannot be written");
}

int run(int argc, char** argv) {
    if (!leave_caller())
        return 1;
    Request request;
    if (!parse(argc, argv, request)) {
        fputs(kUsage, stderr);
        return 1;
    }
    Caller caller;
    if (!identify(caller))
        return refuse(caller, request, "not set-user-id root, or run by root");
    // Before all power but that over networks is given up: opened as the user.
    const UniqueFd network = request.creates ? open_own_network(request.pid, caller.uid) : UniqueFd{};
    if (!become_unreachable())
        return refuse(caller, request, "the process cannot be made safe");
    return request.creates ? create(caller, request, network) : remove(caller, request);
}

} // namespace
} // namespace tlxc::user_nic

int main(int argc, char** argv) {
    return tlxc::user_nic::run(argc, argv);
}
