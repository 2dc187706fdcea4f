#include "executor/mount/procfs.h"

#include <cerrno>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "common/syscalls.h"

namespace tlxc::procfs {
namespace {

constexpr ino_t kProcRoot = 1; // the root of every procfs; a bind mount of something in it has another number

} // namespace

UniqueFd open_root() {
    UniqueFd proc{open("/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    struct stat root {};
    struct statfs fs {};
    if (!proc || fstat(proc.get(), &root) != 0 || fstatfs(proc.get(), &fs) != 0)
        return {};
    if (fs.f_type == PROC_SUPER_MAGIC && root.st_ino == kProcRoot)
        return proc;
    errno = EXDEV;
    return {};
}

UniqueFd open_file(const UniqueFd& root, const char* path, int flags) {
    return UniqueFd{sys::openat2(root.get(), path, static_cast<uint64_t>(flags),
                                 RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS)};
}

bool write_all(const UniqueFd& file, const char* text, size_t size) {
    return write(file.get(), text, size) == static_cast<ssize_t>(size);
}

} // namespace tlxc::procfs
