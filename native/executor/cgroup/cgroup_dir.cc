#include "executor/cgroup/cgroup_dir.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <vector>

#include "common/syscalls.h"

namespace tlxc::cgroup {
namespace {

constexpr int kDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

std::vector<pid_t> processes(int group) {
    std::vector<pid_t> pids;
    const std::string text = read_file(group, "cgroup.procs");
    for (const char *at = text.data(), *end = at + text.size(); at < end;) {
        pid_t pid = 0;
        const auto [next, error] = std::from_chars(at, end, pid);
        // 0 is a process that our PID namespace does not show: it cannot be signalled from here.
        if (error == std::errc{} && pid > 0)
            pids.push_back(pid);
        at = next + 1;
    }
    return pids;
}

// A pid may be somebody else's by the time it is signalled. So: first a descriptor, then the question whether
// the pid is still listed, then the signal, which reaches the process that the descriptor names or nobody.
void kill_listed(int group) {
    constexpr size_t kBatch = 128; // descriptors open at a time
    const std::vector<pid_t> pids = processes(group);
    for (size_t start = 0; start < pids.size(); start += kBatch) {
        std::vector<std::pair<pid_t, UniqueFd>> batch;
        for (size_t i = start; i < std::min(pids.size(), start + kBatch); ++i) {
            const auto fd = sys::pidfd_open(pids[i]);
            if (fd >= 0)
                batch.emplace_back(pids[i], UniqueFd{fd});
        }
        std::vector<pid_t> still = processes(group);
        std::ranges::sort(still);
        for (const auto& [pid, fd] : batch)
            if (std::ranges::binary_search(still, pid))
                (void)sys::pidfd_send_signal(fd.get(), SIGKILL);
    }
}

// Visits every group below root, deepest first, with one descriptor open whatever the depth (a container may
// nest groups thousands deep): down by name, up by "..". visit(parent, name) false: stop.
template <typename Visit> bool walk_below(int root, Visit visit) {
    UniqueFd here{openat(root, ".", kDirectory)};
    std::vector<std::pair<std::string, std::vector<std::string>>>
        trail; // name of a level, children yet to do
    trail.emplace_back("", child_groups(here.get()));
    while (here) {
        auto& todo = trail.back().second;
        if (!todo.empty()) {
            std::string name = std::move(todo.back());
            todo.pop_back();
            UniqueFd child{openat(here.get(), name.c_str(), kDirectory)};
            if (!child)
                continue; // went away meanwhile
            here = std::move(child);
            trail.emplace_back(std::move(name), child_groups(here.get()));
            continue;
        }
        const std::string name = std::move(trail.back().first);
        trail.pop_back();
        if (trail.empty())
            return true;
        here.reset(openat(here.get(), "..", kDirectory));
        if (here && !visit(here.get(), name))
            return false;
    }
    return false;
}

} // namespace

// A descriptor of its own, so the caller's offset does not move.
std::vector<std::string> child_groups(int group) {
    std::vector<std::string> names;
    const int fd = openat(group, ".", kDirectory);
    if (fd < 0)
        return names;
    const std::unique_ptr<DIR, int (*)(DIR*)> dir{fdopendir(fd), closedir};
    if (!dir) {
        close(fd);
        return names;
    }
    while (const dirent* entry = readdir(dir.get())) {
        const std::string_view name{entry->d_name};
        if (entry->d_type == DT_DIR && name != "." && name != "..")
            names.emplace_back(name);
    }
    return names;
}

UniqueFd open_child(int group, const std::string& name) {
    return UniqueFd{openat(group, name.c_str(), kDirectory)};
}

UniqueFd open_group(const std::string& mountPoint, std::string_view group) {
    UniqueFd root{open(mountPoint.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!root || group.empty())
        return root;
    return UniqueFd{sys::openat2(root.get(), std::string{group}.c_str(), kDirectory,
                                 RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)};
}

bool write_file(int group, const char* file, std::string_view value) {
    const UniqueFd fd{openat(group, file, O_WRONLY | O_NOFOLLOW | O_CLOEXEC)};
    return fd && write(fd.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size());
}

std::string read_file(int group, const char* file) {
    const UniqueFd fd{openat(group, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)};
    std::string text;
    char buffer[4096];
    for (ssize_t n; fd && (n = read(fd.get(), buffer, sizeof buffer)) > 0;)
        text.append(buffer, n);
    if (text.ends_with('\n'))
        text.pop_back();
    return text;
}

bool populated(int group, int version) {
    if (version == 2)
        return read_file(group, "cgroup.events").find("populated 1") != std::string::npos;
    if (!read_file(group, "cgroup.procs").empty())
        return true;
    return !walk_below(group, [](int parent, const std::string& name) {
        const UniqueFd child{openat(parent, name.c_str(), kDirectory)};
        return !child || read_file(child.get(), "cgroup.procs").empty();
    });
}

void kill_all(int group, int version) {
    if (version == 2 && write_file(group, "cgroup.kill", "1"))
        return;
    kill_listed(group);
    (void)walk_below(group, [](int parent, const std::string& name) {
        const UniqueFd child{openat(parent, name.c_str(), kDirectory)};
        if (child)
            kill_listed(child.get());
        return true;
    });
}

void thaw_all(int group) {
    (void)write_file(group, "freezer.state", "THAWED");
    (void)walk_below(group, [](int parent, const std::string& name) {
        const UniqueFd child{openat(parent, name.c_str(), kDirectory)};
        if (child)
            (void)write_file(child.get(), "freezer.state", "THAWED");
        return true;
    });
}

bool remove_tree(int parent, const std::string& name) {
    if (unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT)
        return true;
    const UniqueFd group{openat(parent, name.c_str(), kDirectory)};
    if (!group)
        return errno == ENOENT;
    // The first: those above a group that stays are busy for no other reason.
    int error = 0;
    (void)walk_below(group.get(), [&error](int above, const std::string& child) {
        if (unlinkat(above, child.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT && error == 0)
            error = errno;
        return true;
    });
    if (error == 0 && unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT)
        error = errno;
    errno = error;
    return error == 0;
}

} // namespace tlxc::cgroup
