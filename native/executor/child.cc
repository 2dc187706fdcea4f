#include "executor/child.h"

#include "executor/clocks.h"
#include "executor/hooks.h"
#include "executor/init.h"
#include "executor/mount/idmap.h"
#include "executor/mount/rootfs.h"
#include "executor/mount/scratch.h"
#include "executor/mount/sources.h"
#include "executor/mount/tree.h"
#include "executor/namespaces.h"
#include "executor/network/network.h"
#include "executor/security/security.h"
#include "executor/sysctl.h"
#include "executor/terminals.h"

namespace tlxc {
namespace {

class Child {
  public:
    Child(const Inheritance& inheritance, handshake::Channel& monitor)
        : plan_(inheritance.plan), door_(inheritance.door), patienceMs_(inheritance.patienceMs),
          monitor_(monitor) {}

    // Returns only with a failure.
    Status become_init() {
        TRY(cgroup::enter(door_)); // before anything that a limit could be meant for
        TRY(init::detach(monitor_.fd()));
        TRY(init::die_with_monitor(plan_));
        image_ = TRY(init::open_image(plan_.init));
        UniqueFd mountPoint = TRY(rootfs::open_mount_point(plan_));
        TRY(monitor_.receive<handshake::Mapped>(
            deadline_)); // fails, too, when the monitor died before we asked
        if (plan_.user)
            TRY(take_mounts());
        TRY(settle());
        if (plan_.user)
            TRY(open_network());
        auto terminals = TRY(enter_root(std::move(mountPoint)));
        const handshake::Go go = TRY(hand_over(terminals));
        TRY(sysctl::write(plan_, procs_, sysctl::When::Late)); // the network's are there by now
        procs_ = {};
        return execute(go, terminals);
    }

  private:
    // Nothing of the host and nothing of the tree's making is open any more when this returns: what the
    // container and its image name from here on (init's directory, a hook, an interpreter) may be a path
    // below /proc/self/fd.
    Result<terminals::Made> enter_root(UniqueFd mountPoint) {
        resolve::Root root(TRY(attach_root(mountPoint)));
        mountPoint.reset();
        TRY(set_hostname());
        Tree tree(plan_, root, std::move(prepared_));
        auto terminals = TRY(build(tree, root));
        TRY(rootfs::enter(plan_, root.fd()));
        TRY(tree.settle());
        return terminals;
    }

    // For a monitor without privilege: what the host gives is taken by who has the user's rights to files,
    // which the container's root lacks, and this namespace's to mounts, which the monitor lacks.
    Status take_mounts() {
        TRY(rootfs::isolate());
        if (!plan_.hooks.preMount.empty())
            TRY(scratch::run(deadline_, [this]() -> Status {
                TRY(idmap::become_root(plan_));
                return run_hooks(plan_.hooks.preMount, "pre-mount");
            }));
        prepared_ = TRY(sources::prepare(plan_, -1, sources::kHere));
        rootfs_ = TRY(rootfs::prepare(plan_, -1, sources::kHere));
        return {};
    }

    // A socket in the new network namespace, with which the monitor configures it.
    Status open_network() {
        handshake::Network message;
        if (namespaces::is_new(plan_, plan::Namespace::Net))
            message.socket = TRY(network::open_socket());
        return monitor_.send(message);
    }

    // At home in the new namespaces: root of the user namespace, its groups the roots it sees, no mount
    // shared.
    Status settle() {
        procs_ = TRY(sysctl::take(plan_));
        TRY(clocks::enter(plan_));
        deadline_ = Deadline(patienceMs_); // the old one was told by the other clock
        TRY(sysctl::write(plan_, procs_, sysctl::When::Early));
        TRY(idmap::become_root(plan_));
        TRY(init::die_with_monitor(plan_));
        TRY(namespaces::unshare_cgroup(plan_));
        return rootfs::isolate();
    }

    Result<UniqueFd> attach_root(const UniqueFd& mountPoint) {
        if (!plan_.user)
            TRY(receive_mounts());
        return rootfs::attach(plan_, std::move(rootfs_), mountPoint);
    }

    Status receive_mounts() {
        if (!plan_.hooks.preMount.empty()) {
            TRY(run_hooks(plan_.hooks.preMount, "pre-mount"));
            TRY(monitor_.send(handshake::HooksDone{}));
        }
        prepared_ = TRY(monitor_.receive_mounts(deadline_));
        rootfs_ = std::move(prepared_.back().mount); // it comes last
        prepared_.pop_back();
        return {};
    }

    Status set_hostname() {
        if (plan_.hostname.empty())
            return {};
        if (!namespaces::is_new(plan_, plan::Namespace::Uts))
            return refusal("hostname", "the host name is not its own");
        if (sethostname(plan_.hostname.data(), plan_.hostname.size()) != 0)
            return syscall_failure("hostname", "sethostname", plan_.hostname);
        return {};
    }

    Result<terminals::Made> build(Tree& tree, const resolve::Root& root) {
        TRY(tree.make_tree());
        TRY(run_hooks(plan_.hooks.mount, "mount"));
        TRY(run_hooks(plan_.hooks.autodev, "autodev"));
        TRY(tree.make_devices());
        auto terminals = TRY(terminals::make(plan_, root));
        TRY(tree.protect());
        return terminals;
    }

    Result<handshake::Go> hand_over(terminals::Made& terminals) {
        for (auto& tty : terminals.ttys) {
            handshake::Tty message{std::move(tty)};
            TRY(monitor_.send(message));
            tty.slave = message.terminal.slave;
        }
        handshake::Ready ready{std::move(terminals.devpts), std::move(terminals.console.master),
                               std::move(terminals.console.peer)};
        TRY(monitor_.send(ready));
        terminals.console.peer = std::move(ready.consolePeer);
        return monitor_.receive<handshake::Go>(deadline_);
    }

    Status execute(const handshake::Go& go, terminals::Made& made) {
        const std::string ttys = terminals::container_ttys(made.ttys);
        const int console = made.console.peer ? made.console.peer.get() : -1;
        TRY(init::prepare_process(plan_, console));
        TRY(init::run_start_hooks(plan_, go.filter, ttys));
        TRY(monitor_.send(handshake::Executing{})); // before the filter, which may know no sendmsg
        TRY(security::restrict_child(plan_, go.filter));
        if (plan_.init.uid != 0 || plan_.init.gid != 0)
            TRY(init::die_with_monitor(plan_));
        return init::execute(plan_, image_, ttys);
    }

    Status run_hooks(const std::vector<plan::Hook>& hooks, const char* name) {
        return hooks::run(hooks, name, plan_.hooks.environment, plan_.hooks.childEnvironment);
    }

    const plan::StartPlan& plan_;
    const cgroup::Door& door_;
    const int patienceMs_;
    Deadline deadline_{patienceMs_};
    handshake::Channel& monitor_;
    std::vector<handshake::PreparedMount> prepared_;
    UniqueFd image_;  // of init, where it is the host's; close-on-exec
    UniqueFd rootfs_; // detached; none on the host's own root
    sysctl::Procs procs_;
};

} // namespace

void run_child(const Inheritance& inheritance, handshake::Channel monitor) {
    Status status = Child(inheritance, monitor).become_init();
    (void)monitor.send(status.failure()).ok(); // nobody is left to tell when this fails
    _exit(1);
}

} // namespace tlxc
