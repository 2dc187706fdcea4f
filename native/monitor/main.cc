// tlxc-monitor: starts one container from a plan and stays with it. Started by tlxc-start with the plan on
// descriptor 3 and a pipe on descriptor 4, where it tells how the start went (report.h); with the word
// "owned" the container is killed when nobody has the pipe's other end any more. As "tlxc-monitor
// clear-network" it takes back what a monitor that was killed has left of a network: its record comes on
// standard input. As "tlxc-monitor change-links" it does to the host's links what comes there. As
// "tlxc-monitor await-restart" it waits until it is time to start a container again (restart.h). As
// "tlxc-monitor add-node NODE" and "del-node NODE" it makes or removes a device node, JSON, in the container
// whose init's pidfd comes on standard input. As "tlxc-monitor in-tree TREE -- PROGRAM [ARGUMENT]..." it
// becomes a program that has a container's tree, JSON, as its working directory. As "tlxc-monitor
// syscall-names ARCH:NUMBER..." it says what system calls are called.
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>

#include "common/syscalls.h"
#include "common/title.h"
#include "executor/device_node.h"
#include "executor/leavings.h"
#include "executor/mount/rooted.h"
#include "executor/network/link_changes.h"
#include "executor/security/syscall_names.h"
#include "monitor/plan_text.h"
#include "monitor/process.h"
#include "monitor/restart.h"
#include "monitor/supervisor.h"
#include "plan/reader.h"

namespace tlxc {
namespace {

constexpr int kPlanFd = 3, kReportFd = 4;
constexpr rlim_t kFiles = 1024;

// What comes from the caller and is not ours to keep: descriptors, directory, signals, limits.
bool leave_caller() {
    if (fcntl(kPlanFd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(kReportFd, F_SETFD, FD_CLOEXEC) != 0)
        return false;
    close_range(kReportFd + 1, ~0U, 0);
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, nullptr); // read from a signalfd; a child unblocks them
    signal(SIGCHLD, SIG_DFL);                // an ignored one would take our children's exit status from us
    umask(0022);
    // Node raises its own soft limit to the hard one; containers get the usual one back.
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur > kFiles) {
        files.rlim_cur = std::min(kFiles, files.rlim_max);
        setrlimit(RLIMIT_NOFILE, &files);
    }
    return chdir("/") == 0 && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0;
}

// Small: one arena, and what is big enough is mapped on its own and goes back when it is freed.
void limit_memory() {
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 32 * 1024);
    mallopt(M_TRIM_THRESHOLD, 16 * 1024);
}

Result<std::unique_ptr<Supervisor>> start(Report& report, bool owned) {
    UniqueFd text = TRY(plan_text::receive(UniqueFd{kPlanFd}));
    const plan::StartPlan plan = TRY(plan_text::parse(text));
    prctl(PR_SET_NAME, plan.monitor.title.c_str()); // the caller gave us the title as argv[0], too
    Log log;
    TRY(log.open(plan.name, plan.logFile, plan.logLevel));
    if (plan.logFacility != 0) {
        Status syslog = log.open_syslog(static_cast<int>(plan.logFacility));
        if (!syslog.ok())
            report.warning(syslog.failure());
    }
    const auto journal = std::make_shared<Journal>();
    // A store that cannot be written, or a full disk: the container runs all the same.
    if (Status kept = journal->open(plan.journal); !kept.ok())
        report.warning(kept.failure());
    log.keep(journal);
    if (!plan.monitor.foreground)
        TRY(process::detach(log.fd()));
    RunDir dir;
    TRY(dir.claim(plan.runDir));
    if (plan.monitor.unshare)
        TRY(process::leave_mounts());
    auto supervisor = std::make_unique<Supervisor>(std::move(text), std::move(dir), std::move(log), journal);
    TRY(supervisor->start(plan, report, owned));
    return supervisor;
}

Result<std::string> read_input() {
    std::string text;
    char part[4096];
    ssize_t size;
    while ((size = read(STDIN_FILENO, part, sizeof part)) > 0)
        text.append(part, static_cast<size_t>(size));
    if (size < 0)
        return syscall_failure("network", "read");
    return text;
}

Status clear_network() {
    return network::clear_after_death(TRY(plan::parse_leavings(TRY(read_input()))));
}

Status change_links() {
    return network::change_links(TRY(plan::parse_link_changes(TRY(read_input()))));
}

Status change_node(bool adds, std::string_view text) {
    const plan::DeviceNode node = TRY(plan::parse_device_node(text));
    return adds ? device_node::add(node, STDIN_FILENO) : device_node::remove(node, STDIN_FILENO);
}

Status run_in_tree(std::string_view text, char** argv) {
    return rooted::run(TRY(plan::parse_rooted(text)), argv);
}

Status await_restart() {
    return restart::await(TRY(plan::parse_restart(TRY(read_input()))));
}

int tell(Status done, int where = STDOUT_FILENO) {
    if (done.ok())
        return 0;
    Report{UniqueFd{where}}.failed(done.failure());
    return 1;
}

} // namespace
} // namespace tlxc

int main(int argc, char** argv) {
    using namespace tlxc;
    const std::string_view errand = argc > 1 ? argv[1] : "";
    if (argc == 2 && errand == "clear-network")
        return tell(clear_network());
    if (argc == 2 && errand == "change-links")
        return tell(change_links());
    if (argc == 3 && (errand == "add-node" || errand == "del-node"))
        return tell(change_node(errand == "add-node", argv[2]));
    if (argc > 4 && errand == "in-tree")
        return tell(run_in_tree(argv[2], argv + 4), STDERR_FILENO); // its output is the program's
    if (argc == 2 && errand == "await-restart")
        return tell(await_restart(), STDERR_FILENO); // the container's log
    if (argc > 2 && errand == "syscall-names")
        return syscall_names::print(argc - 2, argv + 2);
    if (!leave_caller()) {
        constexpr char usage[] = "tlxc-monitor: started by tlxc-start, with a plan on descriptor 3\n";
        (void)!write(STDERR_FILENO, usage, sizeof usage - 1);
        return 2;
    }
    title::keep(argv[0]);
    const bool owned = argc == 2 && errand == "owned";
    if (owned)
        title::hide_words(argv[1]); // read no more
    limit_memory();
    Report report{UniqueFd{kReportFd}};
    auto started = start(report, owned);
    if (!started.ok()) {
        report.failed(started.failure());
        return 1;
    }
    started.value()->follow();
    started.value()->restart_later();
    return 0;
}
