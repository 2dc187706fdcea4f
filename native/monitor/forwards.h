// Ports and sockets of the host's that lead into the container: those of its configuration, and those added
// while it runs. The sockets are the monitor's and stay over a reboot, so that who comes meanwhile waits;
// proxies carry what comes to them, and live as long as the container's init does.
#pragma once
#include <functional>
#include <list>

#include "executor/network/host_socket.h"
#include "monitor/proxy.h"

namespace tlxc {

class Forwards {
  public:
    // record: writes down what leavings() gives, before and after a file is made on the host.
    explicit Forwards(std::function<Status()> record) : record_(std::move(record)) {}

    // Makes the socket; what comes to it waits until a container is there (enter).
    [[nodiscard]] Status open(const plan::Forward& forward, const std::string& program, bool live);
    // The container's init runs.
    [[nodiscard]] Status enter(ProxyHome home);
    // The same as open, for a container that runs.
    [[nodiscard]] Status add(const plan::Forward& forward, const std::string& program);
    // False: there is none of this name.
    [[nodiscard]] bool remove(const std::string& listen);
    // The container's init has ended: no proxy is left when this returns.
    void leave();
    // No socket, either.
    void close();

    // A child was reaped. False: it is none of ours. Where a proxy ended by itself, another takes its place,
    // unless it ended at once; failure says so then.
    [[nodiscard]] bool reaped(pid_t pid, Status& failure);

    // "forwards":[…] of MonitorInfo (src/monitor/protocol.ts).
    [[nodiscard]] std::string member() const;
    // Files that outlive the monitor.
    [[nodiscard]] std::vector<plan::Leaving> leavings() const;

  private:
    struct Entry {
        plan::Forward forward;
        std::string program;
        bool live = false;
        uint32_t number = 0;
        host_socket::Listening listening;
    };
    // Those that lead to a file inside need a right that the others' proxy does without.
    enum { kPlain, kPaths, kProxies };
    [[nodiscard]] static size_t kind_of(const Entry& entry);

    [[nodiscard]] Status carry(const Entry& entry);
    [[nodiscard]] Status start_anew(size_t kind);
    void give_up(size_t kind);
    void close(std::list<Entry>::iterator entry);

    std::function<Status()> record_;
    std::list<Entry> all_;
    Proxy proxies_[kProxies];
    ProxyHome home_;
    uint32_t last_ = 0; // number given
};

} // namespace tlxc
