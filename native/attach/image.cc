#include "attach/image.h"

#include <sys/stat.h>
#include <unistd.h>

#include "common/sealed_copy.h"
#include "common/unique_fd.h"

namespace tlxc {

Result<int> sealed_enter(const std::string& path) {
    static UniqueFd sealed;
    if (sealed)
        return sealed.get();
    sealed = TRY(sealed_copy("enter", path));
    // A program that who runs it may not read is not to be looked into: until the command is executed, the
    // process in the container belongs to nobody there, whatever its root may trace.
    if (::fchmod(sealed.get(), 0111) != 0)
        return syscall_failure("enter", "fchmod");
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
