// A tree of a few files is copied here: cp(1) takes longer to start than they take. What a copy on write or a
// snapshot copies is mostly that. The result is cp's (--archive); whatever is not plain is left to cp.
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <memory>
#include <string>

#include "addon/families.h"
#include "addon/js.h"
#include "common/unique_fd.h"

namespace tlxc {
namespace {

constexpr int kMostEntries = 128;
constexpr off_t kMostBytes = 1 << 20; // a millisecond or two: the event loop waits
constexpr size_t kAttributes = 65536; // the kernel's own limit of a list, and of a value
constexpr off_t kBlock = 512;         // of st_blocks

using Directory = std::unique_ptr<DIR, int (*)(DIR*)>;

Directory entries_of(int directory) {
    const int own = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR* entries = own < 0 ? nullptr : fdopendir(own); // which takes the descriptor for itself
    if (entries == nullptr && own >= 0)
        close(own);
    return {entries, closedir};
}

bool for_each_entry(int directory, const std::function<bool(const char*)>& take) {
    const Directory entries = entries_of(directory);
    if (!entries)
        return false;
    while (const dirent* entry = readdir(entries.get()))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && !take(entry->d_name))
            return false;
    return true;
}

UniqueFd open_directory(int parent, const char* name) {
    return UniqueFd{openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
}

bool is_whiteout(const struct stat& entry) {
    return S_ISCHR(entry.st_mode) && entry.st_rdev == makedev(0, 0);
}

// There is no llistxattr(2) beside a descriptor; the name is looked up in /proc's link to it.
bool has_attributes(int directory, const char* name) {
    const std::string path = "/proc/self/fd/" + std::to_string(directory) + "/" + name;
    return llistxattr(path.c_str(), nullptr, 0) != 0;
}

// Whether all of it is of a kind that is copied here, and how much that is.
class Survey {
  public:
    explicit Survey(dev_t device) : device_(device) {}

    bool take(int directory) {
        return for_each_entry(directory, [&](const char* name) { return take_entry(directory, name); });
    }

  private:
    bool take_entry(int directory, const char* name) {
        struct stat entry {};
        if (++entries_ > kMostEntries || fstatat(directory, name, &entry, AT_SYMLINK_NOFOLLOW) != 0 ||
            entry.st_dev != device_)
            return false;
        if (S_ISDIR(entry.st_mode)) {
            const UniqueFd below = open_directory(directory, name);
            return below && take(below.get());
        }
        if (entry.st_nlink != 1)
            return false;
        if (S_ISREG(entry.st_mode)) {
            bytes_ += entry.st_size;
            const bool has_holes = entry.st_blocks * kBlock < entry.st_size;
            return bytes_ <= kMostBytes && !has_holes;
        }
        return (S_ISLNK(entry.st_mode) || is_whiteout(entry)) && !has_attributes(directory, name);
    }

    dev_t device_;
    int entries_ = 0;
    off_t bytes_ = 0;
};

bool copy_attributes(int from, int to) {
    std::string names(kAttributes, '\0');
    const ssize_t size = flistxattr(from, names.data(), names.size());
    if (size < 0)
        return errno == EOPNOTSUPP;
    std::string value;
    for (size_t at = 0; at < static_cast<size_t>(size); at += strlen(names.c_str() + at) + 1) {
        const char* name = names.c_str() + at;
        value.resize(kAttributes);
        const ssize_t length = fgetxattr(from, name, value.data(), value.size());
        if (length < 0 || fsetxattr(to, name, value.data(), static_cast<size_t>(length), 0) != 0)
            return false;
    }
    return true;
}

// Times are the last: all else changes them. A new owner takes capabilities and set-id bits away, so they
// come after it.
bool finish(int from, const struct stat& entry, int to) {
    const std::array<timespec, 2> times{entry.st_atim, entry.st_mtim};
    return fchown(to, entry.st_uid, entry.st_gid) == 0 && copy_attributes(from, to) &&
           fchmod(to, entry.st_mode & 07777) == 0 && futimens(to, times.data()) == 0;
}

bool copy_bytes(int from, int to) {
    if (ioctl(to, FICLONE, from) == 0)
        return true;
    std::array<char, 65536> block;
    off_t at = 0;
    for (;;) {
        const ssize_t got = read(from, block.data(), block.size());
        if (got <= 0)
            return got == 0;
        at += got;
        if (at > kMostBytes || write(to, block.data(), static_cast<size_t>(got)) != got)
            return false;
    }
}

bool copy_file(int from_directory, int to_directory, const char* name) {
    const UniqueFd from{openat(from_directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
    struct stat entry {};
    if (!from || fstat(from.get(), &entry) != 0 || !S_ISREG(entry.st_mode))
        return false;
    const UniqueFd to{openat(to_directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
    return to && copy_bytes(from.get(), to.get()) && finish(from.get(), entry, to.get());
}

bool copy_link(int from_directory, int to_directory, const char* name) {
    std::array<char, 4096> target{};
    const ssize_t length = readlinkat(from_directory, name, target.data(), target.size() - 1);
    return length > 0 && symlinkat(target.data(), to_directory, name) == 0;
}

// What is of neither kind is a whiteout: the survey has let nothing else through.
bool copy_special(int from_directory, int to_directory, const char* name, const struct stat& entry) {
    const std::array<timespec, 2> times{entry.st_atim, entry.st_mtim};
    const bool is_made = S_ISLNK(entry.st_mode)
                             ? copy_link(from_directory, to_directory, name)
                             : is_whiteout(entry) && mknodat(to_directory, name, entry.st_mode, 0) == 0;
    return is_made && fchownat(to_directory, name, entry.st_uid, entry.st_gid, AT_SYMLINK_NOFOLLOW) == 0 &&
           (S_ISLNK(entry.st_mode) || fchmodat(to_directory, name, entry.st_mode & 07777, 0) == 0) &&
           utimensat(to_directory, name, times.data(), AT_SYMLINK_NOFOLLOW) == 0;
}

bool copy_directory(int from, int to);

bool copy_entry(int from_directory, int to_directory, const char* name) {
    struct stat entry {};
    if (fstatat(from_directory, name, &entry, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    if (S_ISREG(entry.st_mode))
        return copy_file(from_directory, to_directory, name);
    if (!S_ISDIR(entry.st_mode))
        return copy_special(from_directory, to_directory, name, entry);
    const UniqueFd from = open_directory(from_directory, name);
    if (!from || mkdirat(to_directory, name, 0700) != 0)
        return false;
    const UniqueFd to = open_directory(to_directory, name);
    return to && copy_directory(from.get(), to.get());
}

bool copy_directory(int from, int to) {
    struct stat entry {};
    return fstat(from, &entry) == 0 &&
           for_each_entry(from, [&](const char* name) { return copy_entry(from, to, name); }) &&
           finish(from, entry, to);
}

bool copy(const std::string& from, const std::string& to) {
    const UniqueFd source = open_directory(AT_FDCWD, from.c_str());
    const UniqueFd target = open_directory(AT_FDCWD, to.c_str());
    struct stat top {};
    if (!source || !target || fstat(source.get(), &top) != 0)
        return false;
    return Survey{top.st_dev}.take(source.get()) && copy_directory(source.get(), target.get());
}

Napi::Value copy_small_tree(const Napi::CallbackInfo& info) {
    const auto options = info[0].As<Napi::Object>();
    const bool is_copied = copy(js::text(options, "from"), js::text(options, "to"));
    return Napi::Boolean::New(info.Env(), is_copied);
}

} // namespace

void export_small_copy(Napi::Env env, Napi::Object exports) {
    exports.Set("copySmallTree", Napi::Function::New(env, copy_small_tree));
}

} // namespace tlxc
