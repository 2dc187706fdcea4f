#include "monitor/watchers.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>

namespace tlxc {
namespace {

constexpr const char* kDirectory = ".watchers";
constexpr size_t kMost = 64;

// By the directory's descriptor, as its path may be too long for an address.
UniqueFd connect_to(int directory, const char* name) {
    UniqueFd fd{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const int size =
        snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", directory, name);
    if (!fd || size >= static_cast<int>(sizeof address.sun_path) ||
        connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        return {};
    return fd;
}

bool write_whole(int fd, const std::string& text) {
    return send(fd, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL) ==
           static_cast<ssize_t>(text.size());
}

} // namespace

void Watchers::open(const RunDir& dir, const std::string& name) {
    store_.reset(openat(dir.fd(), "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    name_ = name;
}

bool Watchers::knows(const std::string& name) const {
    return std::ranges::any_of(known_, [&name](const Watcher& each) { return each.name == name; });
}

void Watchers::find() {
    const int fd = openat(store_.get(), kDirectory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return; // as nearly always
    const std::unique_ptr<DIR, int (*)(DIR*)> dir{fdopendir(fd), closedir};
    if (!dir) {
        close(fd);
        return;
    }
    while (const dirent* entry = readdir(dir.get())) {
        // One with a dot is being made, and does not listen yet.
        if (entry->d_name[0] == '.' || knows(entry->d_name) || known_.size() >= kMost)
            continue;
        UniqueFd watcher = connect_to(fd, entry->d_name);
        if (watcher)
            known_.push_back({entry->d_name, std::move(watcher)});
        else if (errno == ECONNREFUSED)
            unlinkat(fd, entry->d_name, 0); // whoever listened there was killed
    }
}

void Watchers::tell(const std::string& event) {
    const std::string line = "{\"name\":\"" + name_ + "\"," + event.substr(1) + "\n";
    // The known ones first: the name of one that is gone may be another's by now.
    std::erase_if(known_, [&line](const Watcher& each) { return !write_whole(each.fd.get(), line); });
    const auto before = static_cast<std::ptrdiff_t>(known_.size());
    find();
    known_.erase(std::remove_if(known_.begin() + before, known_.end(),
                                [&line](const Watcher& each) { return !write_whole(each.fd.get(), line); }),
                 known_.end());
}

} // namespace tlxc
