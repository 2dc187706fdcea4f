#include "addon/small_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cstdio>
#include <cstring>
#include <memory>

#include "common/unique_fd.h"

#ifndef XFS_SUPER_MAGIC // linux/magic.h before 5.17
#define XFS_SUPER_MAGIC 0x58465342
#endif

namespace tlxc::small_tree {
namespace {

constexpr size_t kMost = 128;       // entries; each is open until all are on disk
constexpr long kMuchKb = 8L * 1024; // a few milliseconds of a disk's time

// What is open, to be synced together: the journal is then written once for all of them.
class Opened {
  public:
    // Takes the tree at `fd` whole, or returns false.
    bool take(UniqueFd fd);
    bool take_file(const std::string& path);
    [[nodiscard]] Status sync(const std::string& path) const;

  private:
    bool take_entries(int directory);
    bool take_entry(int directory, const char* name);

    std::vector<UniqueFd> files_;
    std::vector<UniqueFd> directories_;
};

bool Opened::take(UniqueFd fd) {
    if (!fd || files_.size() + directories_.size() >= kMost)
        return false;
    const int directory = fd.get();
    directories_.push_back(std::move(fd));
    return take_entries(directory);
}

bool Opened::take_entries(int directory) {
    // fdopendir takes a descriptor for itself.
    const int own = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, int (*)(DIR*)> entries{own < 0 ? nullptr : fdopendir(own), closedir};
    if (!entries) {
        close(own);
        return false;
    }
    while (const dirent* entry = readdir(entries.get()))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            !take_entry(directory, entry->d_name))
            return false;
    return true;
}

bool Opened::take_entry(int directory, const char* name) {
    struct stat status {};
    if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    if (S_ISDIR(status.st_mode))
        return take(UniqueFd{openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)});
    if (!S_ISREG(status.st_mode) || files_.size() + directories_.size() >= kMost)
        return false;
    files_.emplace_back(openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    return static_cast<bool>(files_.back());
}

bool Opened::take_file(const std::string& path) {
    const size_t slash = path.rfind('/');
    if (slash == std::string::npos || slash == 0)
        return false;
    directories_.emplace_back(open(path.substr(0, slash).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    files_.emplace_back(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    return directories_.back() && files_.back();
}

Status Opened::sync(const std::string& path) const {
    // First all are given their place on the disk, so that one commit of the journal has them all.
    for (const UniqueFd& file : files_)
        (void)sync_file_range(file.get(), 0, 0, SYNC_FILE_RANGE_WRITE);
    for (const auto* all : {&files_, &directories_})
        for (const UniqueFd& each : *all)
            if (fsync(each.get()) != 0)
                return syscall_failure("sync", "fsync", path);
    return {};
}

// Filesystems with one journal, where what is known of a file and of the names in a directory is on disk
// after their fsync.
bool is_enough_on(int fd) {
    struct statfs status {};
    return fstatfs(fd, &status) == 0 &&
           (status.f_type == EXT4_SUPER_MAGIC || status.f_type == XFS_SUPER_MAGIC);
}

} // namespace

bool much_is_dirty() {
    const std::unique_ptr<FILE, int (*)(FILE*)> file{fopen("/proc/meminfo", "re"), fclose};
    char line[128];
    long dirty = 0;
    while (file && fgets(line, sizeof line, file.get()) != nullptr) {
        long kilobytes = 0;
        if (sscanf(line, "Dirty: %ld", &kilobytes) == 1)
            dirty += kilobytes;
        else if (sscanf(line, "Writeback: %ld", &kilobytes) == 1)
            return dirty + kilobytes > kMuchKb; // it comes after Dirty
    }
    return false;
}

Result<bool> sync(const std::string& path, const std::vector<std::string>& files) {
    UniqueFd top{open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!top || !is_enough_on(top.get()))
        return false;
    Opened opened;
    if (!opened.take(std::move(top)))
        return false;
    for (const std::string& file : files)
        if (!opened.take_file(file))
            return false;
    Status done = opened.sync(path);
    if (!done.ok())
        return std::move(done.failure());
    return true;
}

} // namespace tlxc::small_tree
