#include "executor/terminals.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <termios.h>

#include <algorithm>
#include <climits>

#include "executor/mount/mount_api.h"
#include "executor/mount/resolve.h"

namespace tlxc::terminals {
namespace {

constexpr const char* kStep = "terminals";

Failure blame(Failure failure, const plan::StartPlan& plan, const std::string& target) {
    failure.step = kStep;
    failure.path = resolve::shown(plan, target);
    return at(std::move(failure), plan.terminals.origin);
}

// On the host's own root nothing is made in /dev, only covered.
plan::Create kind_of(const plan::StartPlan& plan, plan::Create kind) {
    return plan.rootfs.kind == plan::RootfsKind::None ? plan::Create::None : kind;
}

Result<UniqueFd> open_devpts(const plan::StartPlan& plan, const resolve::Root& root) {
    const plan::Terminals& terminals = plan.terminals;
    UniqueFd target = TRY(root.find_or_make("dev/pts", kind_of(plan, plan::Create::Dir)));
    if (!terminals.devpts)
        return target;
    std::vector<std::string> options{"newinstance", "ptmxmode=0666", "mode=0620"};
    if (terminals.devptsMax > 0)
        options.push_back("max=" + std::to_string(terminals.devptsMax));
    if (terminals.devptsGid >= 0)
        options.push_back("gid=" + std::to_string(terminals.devptsGid));
    UniqueFd devpts = TRY(mount_api::make({"devpts", "devpts", options, {"nosuid", "noexec"}}));
    TRY(mount_api::attach(devpts.get(), target.get()));
    return devpts;
}

// Where the link leads; "" where it is none.
std::string link_at(const resolve::Entry& entry) {
    std::string to(NAME_MAX, '\0');
    const ssize_t size = readlinkat(entry.directory.get(), entry.name.c_str(), to.data(), to.size());
    to.resize(static_cast<size_t>(std::max<ssize_t>(size, 0)));
    return to;
}

// dev/ptmx must be this instance's: a node of the image's or the host's is covered, a missing one becomes a
// link.
Status offer_ptmx(const resolve::Root& root, int devpts) {
    auto there = root.find("dev/ptmx");
    if (there.ok()) {
        const UniqueFd ptmx = TRY(mount_api::clone(devpts, "ptmx", mount_api::Depth::Top));
        return mount_api::attach(ptmx.get(), there.value().get());
    }
    const auto entry = TRY(root.entry("dev/ptmx"));
    if (symlinkat("pts/ptmx", entry.directory.get(), entry.name.c_str()) == 0)
        return {};
    const std::string to = errno == EEXIST ? link_at(entry) : "";
    if (to == "pts/ptmx" || to == "/dev/pts/ptmx")
        return {};
    return there.failure();
}

// The peer is asked of the master itself, so neither can be anything but the two ends of one new pty.
Result<Terminal> allocate(int devpts) {
    UniqueFd master{openat(devpts, "ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC)};
    if (!master)
        return syscall_failure(kStep, "openat");
    struct statfs filesystem {};
    if (fstatfs(master.get(), &filesystem) != 0)
        return syscall_failure(kStep, "fstatfs");
    if (filesystem.f_type != DEVPTS_SUPER_MAGIC)
        return refusal(kStep, "not a devpts filesystem");
    const int unlocked = 0;
    int number = 0;
    if (ioctl(master.get(), TIOCSPTLCK, &unlocked) != 0)
        return syscall_failure(kStep, "TIOCSPTLCK");
    if (ioctl(master.get(), TIOCGPTN, &number) != 0)
        return syscall_failure(kStep, "TIOCGPTN");
    UniqueFd peer{ioctl(master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC)};
    if (!peer)
        return syscall_failure(kStep, "TIOCGPTPEER");
    return Terminal{std::move(master), std::move(peer), "pts/" + std::to_string(number)};
}

Status bind_peer(const Terminal& terminal, int target) {
    const UniqueFd mount = TRY(mount_api::clone(terminal.peer.get(), "", mount_api::Depth::Top));
    return mount_api::attach(mount.get(), target);
}

// Shows the terminal as dev/NAME; with lxc.tty.dir as dev/DIR/NAME, to which dev/NAME is a link where it is
// free.
Status show(const plan::StartPlan& plan, const resolve::Root& root, const Terminal& terminal,
            const std::string& name) {
    const std::string& directory = plan.terminals.ttyDir;
    const std::string direct = "dev/" + name;
    if (!directory.empty() && plan.rootfs.kind != plan::RootfsKind::None) {
        const std::string inside = "dev/" + directory + "/" + name;
        const UniqueFd target = TRY(root.find_or_make(inside, plan::Create::File));
        TRY(bind_peer(terminal, target.get()));
        const auto entry = TRY(root.entry(direct));
        const std::string to = directory + "/" + name;
        if (symlinkat(to.c_str(), entry.directory.get(), entry.name.c_str()) == 0)
            return {};
        if (errno != EEXIST)
            return syscall_failure(kStep, "symlinkat");
        if (link_at(entry) == to) // an earlier start's, where dev is the image's own
            return {};
    }
    auto target = root.find_or_make(direct, kind_of(plan, plan::Create::File));
    if (!target.ok() && target.failure().err == ENOENT)
        return {};
    if (!target.ok())
        return target.failure();
    return bind_peer(terminal, target.value().get());
}

Result<Terminal> offer(const plan::StartPlan& plan, const resolve::Root& root, int devpts,
                       const std::string& name) {
    auto terminal = allocate(devpts);
    if (!terminal.ok())
        return blame(terminal.failure(), plan, "dev/pts/ptmx");
    Status shown = show(plan, root, terminal.value(), name);
    if (!shown.ok())
        return blame(shown.failure(), plan, "dev/" + name);
    return terminal;
}

} // namespace

Result<Made> make(const plan::StartPlan& plan, const resolve::Root& root) {
    Made made;
    const plan::Terminals& terminals = plan.terminals;
    if (!terminals.devpts && terminals.console == plan::ConsoleKind::None && terminals.ttys == 0)
        return made;
    auto devpts = open_devpts(plan, root);
    if (!devpts.ok())
        return blame(devpts.failure(), plan, "dev/pts");
    made.devpts = std::move(devpts.value());
    Status ptmx = offer_ptmx(root, made.devpts.get());
    if (!ptmx.ok())
        return blame(ptmx.failure(), plan, "dev/ptmx");
    if (terminals.console != plan::ConsoleKind::None)
        made.console = TRY(offer(plan, root, made.devpts.get(), "console"));
    for (int64_t i = 1; i <= terminals.ttys; ++i)
        made.ttys.push_back(TRY(offer(plan, root, made.devpts.get(), "tty" + std::to_string(i))));
    return made;
}

std::string container_ttys(const std::vector<Terminal>& ttys) {
    std::string names;
    for (const auto& tty : ttys)
        names += (names.empty() ? "container_ttys=" : " ") + tty.slave;
    return names;
}

} // namespace tlxc::terminals
