#include "executor/restore.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#include <algorithm>

#include "common/reap.h"
#include "common/syscalls.h"
#include "executor/cgroup/cgroup.h"
#include "executor/hooks.h"
#include "executor/mount/resolve.h"
#include "executor/mount/rootfs.h"
#include "executor/mount/sources.h"
#include "executor/namespaces.h"
#include "executor/network/link.h"
#include "executor/security/security.h"

namespace tlxc {
namespace {

constexpr const char* kStep = "restore";
// Memory is read back from a disk.
constexpr int64_t kPatienceMs = 600'000;
constexpr int kRemovalMs = 5'000;

// A restore in progress. What it has made is removed with it, unless it ended in a running container.
class Restore {
  public:
    explicit Restore(const plan::StartPlan& plan) : plan_(plan), pidFile_(plan.runDir + "/restored.pid") {}
    ~Restore() {
        unlink(pidFile_.c_str());
        if (!finished_)
            undo();
    }
    Restore(const Restore&) = delete;
    Restore& operator=(const Restore&) = delete;

    Result<Running> perform() {
        TRY(hooks::run(plan_.hooks.preStart, "pre-start", plan_.hooks.environment, {}));
        running_.cgroups = std::move(TRY(cgroup::create(plan_, {})).places);
        TRY(rootfs::make_mount_point(plan_));
        TRY(run_criu());
        TRY(adopt());
        TRY(find_interfaces());
        TRY(open_devpts());
        running_.seccomp = TRY(security::compile_seccomp(plan_, running_.warnings)); // for who attaches
        running_.namespaces = TRY(namespaces::open_all(plan_, running_.initPid));
        finished_ = true;
        return std::move(running_);
    }

  private:
    // What the command could not know: the groups' names as they were really taken.
    std::vector<std::string> command() const {
        std::vector<std::string> argv = plan_.restore->argv;
        argv.insert(argv.end(), {"--root", plan_.rootfs.mountPath, "--pidfile", pidFile_});
        for (const auto& place : running_.cgroups) {
            std::string controllers;
            for (const auto& name : place.controllers)
                controllers += (controllers.empty() ? "" : ",") + name;
            const std::string prefix = controllers.empty() ? "" : controllers + ":";
            argv.insert(argv.end(), {"--cgroup-root", prefix + "/" + place.innerGroup});
        }
        return argv;
    }

    // CRIU wants the root filesystem to be a mount of its own; it lies in a mount namespace that ends with
    // CRIU.
    Status mount_root() const {
        if (unshare(CLONE_NEWNS) != 0)
            return syscall_failure(kStep, "unshare");
        TRY(rootfs::isolate());
        const UniqueFd mountPoint = TRY(rootfs::open_mount_point(plan_));
        TRY(rootfs::attach(plan_, TRY(rootfs::prepare(plan_, -1, sources::kHere)), mountPoint));
        return {};
    }

    // In the forked process. The restored init becomes its sibling, our child.
    [[noreturn]] void become_criu(std::vector<std::string> argv, int report) const {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        const Status mounted = mount_root();
        if (!mounted.ok()) {
            const int error = mounted.failure().err;
            (void)!write(report, &error, sizeof error);
            _exit(127);
        }
        for (int signal = 1; signal < NSIG; ++signal)
            ::signal(signal, SIG_DFL);
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, nullptr);
        std::vector<char*> words;
        for (auto& word : argv)
            words.push_back(word.data());
        words.push_back(nullptr);
        // It runs ip, iptables-restore and tar.
        static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
        char* const environment[] = {path, nullptr};
        execve(words[0], words.data(), environment);
        const int error = errno;
        (void)!write(report, &error, sizeof error);
        _exit(127);
    }

    Failure failed(int status) const {
        const std::string how = WIFEXITED(status) ? "exit " + std::to_string(WEXITSTATUS(status))
                                                  : "signal " + std::to_string(WTERMSIG(status));
        return refusal(kStep, how, plan_.restore->argv.front());
    }

    Status run_criu() {
        unlink(pidFile_.c_str());
        int report[2];
        if (pipe2(report, O_CLOEXEC) != 0)
            return syscall_failure(kStep, "pipe2");
        const UniqueFd reading{report[0]};
        UniqueFd writing{report[1]};
        const pid_t pid = fork();
        if (pid < 0)
            return syscall_failure(kStep, "fork");
        if (pid == 0)
            become_criu(command(), writing.get());
        writing.reset();
        const std::optional<int> ended = reap_within(pid, kPatienceMs);
        if (!ended) {
            kill(pid, SIGKILL); // not reaped yet: the number is still its own
            (void)reap_within(pid, kDyingMs);
            return refusal(kStep, "timeout", plan_.restore->argv.front());
        }
        int error = 0;
        if (read(reading.get(), &error, sizeof error) == sizeof error) {
            errno = error;
            return syscall_failure(kStep, "execve", plan_.restore->argv.front());
        }
        return *ended == 0 ? Status{} : failed(*ended);
    }

    Status adopt() {
        const UniqueFd file{open(pidFile_.c_str(), O_RDONLY | O_CLOEXEC)};
        char text[32]{};
        if (!file || read(file.get(), text, sizeof text - 1) <= 0)
            return syscall_failure(kStep, "read", pidFile_);
        running_.initPid = static_cast<pid_t>(strtol(text, nullptr, 10));
        running_.initPidfd = UniqueFd{sys::pidfd_open(running_.initPid)};
        if (!running_.initPidfd)
            return syscall_failure(kStep, "pidfd_open", pidFile_);
        siginfo_t ended{};
        if (waitid(P_PIDFD, static_cast<id_t>(running_.initPidfd.get()), &ended,
                   WEXITED | WNOHANG | WNOWAIT) != 0)
            return syscall_failure(kStep, "waitid", pidFile_); // ECHILD: it is not ours to keep
        return {};
    }

    // CRIU has made them, under the names that the command line gave it.
    Status find_interfaces() {
        if (plan_.interfaces.empty())
            return {};
        Netlink host;
        if (!host.open())
            return syscall_failure("network", "socket");
        for (const auto& interface : plan_.interfaces) {
            const auto* veth = std::get_if<plan::VethDevice>(&interface.device);
            InterfaceInfo info{.index = static_cast<long>(interface.index),
                               .type = veth ? "veth" : "macvlan",
                               .link = interface.link.value,
                               .name = interface.name.value};
            Link link;
            if (veth && find_link(host, veth->hostName.value, link).err == 0) {
                info.hostName = link.name;
                info.hostIndex = link.index;
                info.insideIndex = link.peer;
            }
            if (veth || std::holds_alternative<plan::MacvlanDevice>(interface.device))
                running_.network.interfaces.push_back(std::move(info));
        }
        return {};
    }

    // The container's devpts, where attached commands get their terminals; what else it may have put there is
    // none.
    Status open_devpts() {
        const std::string path = "/proc/" + std::to_string(running_.initPid) + "/root";
        UniqueFd directory{open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
        if (!directory)
            return syscall_failure(kStep, "open", path);
        auto found = resolve::Root{std::move(directory)}.find("dev/pts");
        struct statfs kind {};
        if (found.ok() && fstatfs(found.value().get(), &kind) == 0 && kind.f_type == DEVPTS_SUPER_MAGIC)
            running_.devpts = std::move(found).value();
        return {};
    }

    void undo() {
        if (running_.initPidfd) {
            sys::pidfd_send_signal(running_.initPidfd.get(), SIGKILL);
            (void)reap_within(running_.initPid, kDyingMs);
        }
        cgroup::remove(plan_, running_.cgroups, kRemovalMs);
    }

    const plan::StartPlan& plan_;
    const std::string pidFile_;
    Running running_;
    bool finished_ = false;
};

} // namespace

Result<Running> restore(const plan::StartPlan& plan) {
    Restore one(plan);
    return one.perform();
}

} // namespace tlxc
