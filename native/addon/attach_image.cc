#include "addon/attach_image.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "common/unique_fd.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

namespace tlxc {

Result<int> sealed_enter(const std::string& path) {
    static UniqueFd sealed;
    if (sealed)
        return sealed.get();
    const UniqueFd source{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    struct stat about {};
    if (!source || ::fstat(source.get(), &about) != 0)
        return syscall_failure("enter", "open", path);
    UniqueFd copy{::memfd_create("tlxc-enter", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC)};
    // Linux before 6.3 has no MFD_EXEC and makes every memory file executable.
    if (!copy && errno == EINVAL)
        copy.reset(::memfd_create("tlxc-enter", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!copy)
        return syscall_failure("enter", "memfd_create");
    char buffer[64 * 1024];
    for (ssize_t size = 1; size > 0;) {
        size = ::read(source.get(), buffer, sizeof buffer);
        if (size < 0)
            return syscall_failure("enter", "read", path);
        if (::write(copy.get(), buffer, static_cast<size_t>(size)) != size)
            return syscall_failure("enter", "write");
    }
    if (::fcntl(copy.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        return syscall_failure("enter", "fcntl");
    sealed = std::move(copy);
    return sealed.get();
}

Result<std::vector<sock_filter>> read_filter(int fd) {
    std::vector<sock_filter> filter;
    if (fd < 0)
        return filter;
    struct stat about {};
    if (::fstat(fd, &about) != 0)
        return syscall_failure("seccomp", "fstat");
    const auto size = static_cast<size_t>(about.st_size);
    if (size == 0 || size % sizeof(sock_filter) != 0 || size / sizeof(sock_filter) > 0xffff)
        return refusal("seccomp", "bad-filter");
    filter.resize(size / sizeof(sock_filter));
    if (::pread(fd, filter.data(), size, 0) != about.st_size)
        return syscall_failure("seccomp", "pread");
    return filter;
}

} // namespace tlxc
