#include "user-nic/records.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <memory>

#include "common/deadline.h"
#include "user-nic/fields.h"

namespace tlxc::user_nic {
namespace {

constexpr const char* kDirectory = "/run/tlxc";
constexpr const char* kName = "nics";
constexpr int kPatienceMs = 10'000;

UniqueFd open_directory() {
    if (mkdir(kDirectory, 0700) != 0 && errno != EEXIST)
        return {};
    UniqueFd directory{open(kDirectory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    struct stat status {};
    if (!directory || fstat(directory.get(), &status) != 0 || status.st_uid != 0 ||
        (status.st_mode & 022) != 0)
        return {};
    return directory;
}

UniqueFd take_lock(int directory) {
    constexpr int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC;
    UniqueFd lock{openat(directory, "nics.lock", flags, 0600)};
    const Deadline deadline{kPatienceMs};
    while (lock && flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK || deadline.left() == 0)
            return {};
        const timespec pause{.tv_sec = 0, .tv_nsec = 5'000'000};
        nanosleep(&pause, nullptr);
    }
    return lock;
}

// The very interface: of that type, and a port of that bridge. A name alone may be somebody else's by now.
bool is_alive(Netlink& host, const Row& row) {
    Link bridge, interface;
    return find_link(host, row.interface, interface).err == 0 && interface.kind == row.type &&
           find_link(host, row.bridge, bridge).err == 0 && interface.master == bridge.index;
}

} // namespace

bool Records::open(Netlink& host) {
    directory_ = open_directory();
    lock_ = directory_ ? take_lock(directory_.get()) : UniqueFd{};
    if (!lock_ || !read())
        return false;
    std::erase_if(rows_, [&host](const Row& row) { return !is_alive(host, row); });
    return true;
}

bool Records::read() {
    UniqueFd fd{openat(directory_.get(), kName, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)};
    if (!fd)
        return errno == ENOENT;
    const std::unique_ptr<FILE, int (*)(FILE*)> file{fdopen(fd.release(), "r"), fclose};
    for (std::vector<std::string> fields; file && next_fields(file.get(), fields);)
        if (fields.size() == 4)
            rows_.push_back({fields[0], fields[1], fields[2], fields[3]});
    return file != nullptr;
}

long Records::count(const std::string& user, const std::string& type, const std::string& bridge) const {
    return std::ranges::count_if(
        rows_, [&](const Row& row) { return row.user == user && row.type == type && row.bridge == bridge; });
}

bool Records::has(const Row& row) const {
    return std::ranges::find(rows_, row) != rows_.end();
}

bool Records::write() const {
    std::string text;
    for (const auto& row : rows_)
        text += row.user + " " + row.type + " " + row.bridge + " " + row.interface + "\n";
    constexpr const char* kTemporary = "nics.new";
    unlinkat(directory_.get(), kTemporary, 0);
    constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    const UniqueFd file{openat(directory_.get(), kTemporary, flags, 0600)};
    return file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
           fsync(file.get()) == 0 && renameat(directory_.get(), kTemporary, directory_.get(), kName) == 0;
}

} // namespace tlxc::user_nic
