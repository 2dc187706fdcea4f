#include "monitor/process.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "common/unique_fd.h"

namespace tlxc::process {
namespace {

UniqueFd former_mounts; // where the monitor has a mount namespace of its own: the one that it came from

constexpr const char* kOomScore = "/proc/self/oom_score_adj";

std::string read_text(const std::string& path) {
    const UniqueFd file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    std::string text;
    char part[1024];
    for (ssize_t n; file && (n = read(file.get(), part, sizeof part)) > 0;)
        text.append(part, static_cast<size_t>(n));
    if (text.ends_with('\n'))
        text.pop_back();
    return text;
}

// What stands behind the name on its line; nothing where there is no such process.
std::string status_field(pid_t pid, const char* name) {
    const std::string status = read_text("/proc/" + std::to_string(pid) + "/status");
    const size_t begin = status.find(std::string("\n") + name);
    if (begin == std::string::npos)
        return {};
    const size_t value = begin + 1 + strlen(name);
    return status.substr(value, status.find('\n', value) - value);
}

} // namespace

Status detach(int out) {
    setsid();
    const UniqueFd null{open("/dev/null", O_RDWR | O_CLOEXEC)};
    if (!null)
        return syscall_failure("monitor", "open", "/dev/null");
    for (int stream = 0; stream < 3; ++stream)
        if (dup2(stream > 0 && out >= 0 ? out : null.get(), stream) < 0)
            return syscall_failure("monitor", "dup2");
    return {};
}

Status leave_mounts() {
    former_mounts.reset(open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC));
    if (unshare(CLONE_NEWNS) != 0)
        return syscall_failure("monitor", "unshare");
    if (mount("", "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0)
        return syscall_failure("monitor", "mount", "/");
    return {};
}

void return_to_mounts() {
    if (former_mounts)
        (void)setns(former_mounts.get(), CLONE_NEWNS);
}

std::string oom_score() {
    return read_text(kOomScore);
}

void set_oom_score(const std::string& score) {
    const UniqueFd file{open(kOomScore, O_WRONLY | O_CLOEXEC)};
    if (file && !score.empty())
        (void)!write(file.get(), score.data(), score.size());
}

int64_t since_boot_ms() {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec * 1000L + now.tv_nsec / 1'000'000;
}

std::string start_time(pid_t pid) {
    std::string stat = read_text("/proc/" + std::to_string(pid) + "/stat");
    // The name in field 2 may hold blanks and parentheses: fields are counted behind its last ")".
    size_t at = stat.rfind(')');
    for (int field = 2; field < 22 && at != std::string::npos; ++field)
        at = stat.find(' ', at + 1);
    if (at == std::string::npos)
        return {};
    stat.erase(0, at + 1);
    return stat.substr(0, stat.find(' '));
}

std::string boot_id() {
    return read_text("/proc/sys/kernel/random/boot_id");
}

bool blocks(pid_t pid, int signal) {
    const uint64_t mask = strtoull(status_field(pid, "SigBlk:").c_str(), nullptr, 16);
    return (mask >> (signal - 1) & 1) != 0;
}

size_t depth(pid_t pid) {
    return static_cast<size_t>(std::ranges::count(status_field(pid, "NSpid:"), '\t'));
}

} // namespace tlxc::process
