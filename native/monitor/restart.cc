#include "monitor/restart.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>

#include "common/json_writer.h"
#include "common/own_files.h"
#include "common/pointers.h"
#include "executor/hooks.h"
#include "monitor/process.h"
#include "monitor/run_dir.h"

namespace tlxc::restart {
namespace {

constexpr int kStartMs = 600'000; // the hooks of a start have time of their own
constexpr const char* kUseless = "exit 3";

// What it printed may come after the status.
bool is_useless(const std::string& detail) {
    return detail == kUseless || detail.starts_with(std::string(kUseless) + ": ");
}

// Doubled each time.
int64_t delay(const plan::Restart& restart) {
    const int64_t shift = std::clamp<int64_t>(restart.count - 1, 0, 30);
    return std::min(restart.delayMs << shift, restart.maxDelayMs);
}

std::string text_of(const plan::RestartOrder& order) {
    const plan::Restart& restart = order.restart;
    return json_object([&](Json& json) {
        json.member("runDir", order.runDir);
        json.Key("restart");
        json.object([&] {
            json.member("always", restart.always);
            json.member("argv", restart.argv);
            json.member("delayMs", restart.delayMs);
            json.member("maxDelayMs", restart.maxDelayMs);
            json.member("max", restart.max);
            json.member("calmMs", restart.calmMs);
            json.member("count", restart.count);
        });
    });
}

constexpr int64_t kLookMs = 10'000; // the time goes on while the host sleeps, sigtimedwait's does not

// By CLOCK_BOOTTIME. False: a signal that asks for our end came first. All are blocked, as the monitor left
// them.
bool sleep_for(int64_t milliseconds) {
    const int64_t due = process::since_boot_ms() + milliseconds;
    sigset_t ends;
    sigemptyset(&ends);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP})
        sigaddset(&ends, signal);
    for (int64_t left; (left = due - process::since_boot_ms()) > 0;) {
        const int64_t part = std::min(left, kLookMs);
        const timespec time{part / 1000, part % 1000 * 1'000'000};
        if (sigtimedwait(&ends, nullptr, &time) > 0)
            return false; // else the time is over, or a SIGCONT came
    }
    return true;
}

std::vector<std::string> own_environment() {
    std::vector<std::string> all;
    for (char** each = environ; *each != nullptr; ++each)
        all.emplace_back(*each);
    return all;
}

} // namespace

std::optional<plan::Restart> after(const plan::Restart& policy, LastExit& exit, int64_t ranMs) {
    exit.restarts = policy.count;
    const bool well = exit.status >= 0 && last_exit::clean(exit.status) && !exit.unhealthy;
    if (exit.asked || (!policy.always && well))
        return std::nullopt;
    plan::Restart next = policy;
    next.count = ranMs >= policy.calmMs ? 1 : policy.count + 1;
    exit.givenUp = policy.max > 0 && next.count > policy.max;
    return exit.givenUp ? std::nullopt : std::optional{std::move(next)};
}

Status note(int runDir, const plan::Restart& restart) {
    const std::string record = json_object([&](Json& json) {
        json.member("pid", getpid());
        json.member("startTime", process::start_time(getpid()));
        json.member("dueAtMs", process::since_boot_ms() + delay(restart));
        json.member("count", restart.count);
        json.member("max", restart.max);
    });
    if (write_atomically(runDir, kFile, record + "\n"))
        return {};
    return syscall_failure("restart", "write", kFile);
}

Status become(const plan::RestartOrder& order, const std::string& title,
              const std::vector<std::string>& environment) {
    const std::string text = text_of(order);
    const UniqueFd input{memfd_create("tlxc-restart", MFD_CLOEXEC)};
    if (!input || write(input.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        lseek(input.get(), 0, SEEK_SET) != 0 || dup2(input.get(), STDIN_FILENO) < 0)
        return syscall_failure("restart", "memfd_create");
    process::return_to_mounts();
    // Not in the arguments, which everybody may read.
    const std::vector<std::string> argv{title, "await-restart"};
    execve("/proc/self/exe", pointers(argv).data(), pointers(environment).data());
    return syscall_failure("restart", "execve", "/proc/self/exe");
}

Status await(plan::RestartOrder order) {
    prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0); // the new monitor is none of ours
    const UniqueFd runDir = TRY(own_directory("restart", order.runDir));
    plan::Restart& restart = order.restart;
    const std::vector<plan::Hook> command{{.argv = restart.argv, .timeoutMs = kStartMs, .origin = {}}};
    Status last;
    for (; restart.max == 0 || restart.count <= restart.max; ++restart.count) {
        TRY(note(runDir.get(), restart));
        if (!sleep_for(delay(restart)))
            break;
        last = hooks::run(command, "restart", own_environment(), {});
        if (last.ok())
            return {}; // the record is no longer ours
        if (is_useless(last.failure().detail))
            break;
    }
    unlinkat(runDir.get(), kFile, 0);
    return last;
}

} // namespace tlxc::restart
