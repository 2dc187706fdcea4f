#include "common/sealed_copy.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

namespace tlxc {

Result<UniqueFd> sealed_copy(const char* step, const std::string& path) {
    const std::string name = path.substr(path.rfind('/') + 1);
    const UniqueFd source{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    struct stat about {};
    if (!source || ::fstat(source.get(), &about) != 0)
        return syscall_failure(step, "open", path);
    UniqueFd copy{::memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC)};
    // Linux before 6.3 has no MFD_EXEC and makes every memory file executable.
    if (!copy && errno == EINVAL)
        copy.reset(::memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!copy)
        return syscall_failure(step, "memfd_create");
    char buffer[64 * 1024];
    for (ssize_t size = 1; size > 0;) {
        size = ::read(source.get(), buffer, sizeof buffer);
        if (size < 0)
            return syscall_failure(step, "read", path);
        if (::write(copy.get(), buffer, static_cast<size_t>(size)) != size)
            return syscall_failure(step, "write");
    }
    if (::fcntl(copy.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        return syscall_failure(step, "fcntl");
    return copy;
}

} // namespace tlxc
