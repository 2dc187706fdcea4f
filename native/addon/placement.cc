// Where ext2, ext3 and ext4 put what is made in a directory (chattr(1), "T").
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "addon/families.h"
#include "addon/js.h"
#include "common/unique_fd.h"

namespace tlxc {
namespace {

// FS_TOPDIR_FL: each directory made here goes to the group of inodes that has the fewest, and what is made
// below it follows. The other flags are written back as they were read.
Status spread(const std::string& path) {
    const UniqueFd fd{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!fd)
        return syscall_failure("placement", "open", path);
    int flags = 0;
    if (::ioctl(fd.get(), FS_IOC_GETFLAGS, &flags) != 0)
        return syscall_failure("placement", "FS_IOC_GETFLAGS", path);
    if ((flags & FS_TOPDIR_FL) != 0)
        return {};
    flags |= FS_TOPDIR_FL;
    if (::ioctl(fd.get(), FS_IOC_SETFLAGS, &flags) != 0)
        return syscall_failure("placement", "FS_IOC_SETFLAGS", path);
    return {};
}

Napi::Value spread_directories(const Napi::CallbackInfo& info) {
    const Status status = spread(js::text(info[0].As<Napi::Object>(), "path"));
    return status.ok() ? info.Env().Null() : js::failure(info.Env(), status.failure());
}

} // namespace

void export_placement(Napi::Env env, Napi::Object exports) {
    exports.Set("spreadDirectories", Napi::Function::New(env, spread_directories));
}

} // namespace tlxc
