#include "monitor/run_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "common/own_files.h"

namespace tlxc {
bool write_atomically(int dir, const std::string& name, const std::string& text) {
    const std::string temporary = name + ".new";
    unlinkat(dir, temporary.c_str(), 0);
    const UniqueFd file{
        openat(dir, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (!file)
        return false;
    const auto size = static_cast<ssize_t>(text.size());
    if (::write(file.get(), text.data(), text.size()) == size &&
        renameat(dir, temporary.c_str(), dir, name.c_str()) == 0)
        return true;
    const int error = errno;
    unlinkat(dir, temporary.c_str(), 0);
    errno = error;
    return false;
}

Status RunDir::claim(const std::string& path) {
    path_ = path;
    dir_ = TRY(own_directory("run-directory", path));
    struct stat info {};
    if (fstat(dir_.get(), &info) != 0)
        return syscall_failure("run-directory", "fstat", path);
    if (info.st_uid != geteuid())
        return refusal("run-directory", "not-ours", path);
    if ((info.st_mode & 077) != 0 && fchmod(dir_.get(), 0700) != 0)
        return syscall_failure("run-directory", "fchmod", path);

    constexpr int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC;
    lock_.reset(openat(dir_.get(), "monitor.lock", flags, 0600));
    if (!lock_)
        return syscall_failure("run-directory", "open", path + "/monitor.lock");
    if (flock(lock_.get(), LOCK_EX | LOCK_NB) == 0)
        return {};
    if (errno == EWOULDBLOCK)
        return refusal("already-running", "", path);
    return syscall_failure("run-directory", "flock", path + "/monitor.lock");
}

Status RunDir::write(const char* name, const std::string& text) const {
    if (write_atomically(dir_.get(), name, text))
        return {};
    return syscall_failure("run-directory", "write", path_ + "/" + name);
}

} // namespace tlxc
