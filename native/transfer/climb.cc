#include "transfer/climb.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "transfer/tree.h"

namespace tlxc::transfer {

Result<Identity> identity_of(int directory, const std::string& path) {
    struct stat found {};
    if (fstat(directory, &found) != 0)
        return syscall_failure(kStep, "fstat", path);
    return Identity{found.st_dev, found.st_ino};
}

Result<UniqueFd> climb(int from, const Identity& to, int flags, const std::string& path) {
    UniqueFd above{openat(from, "..", flags | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!above)
        return syscall_failure(kStep, "openat", path);
    const Identity found = TRY(identity_of(above.get(), path));
    if (found.device != to.device || found.inode != to.inode)
        return refusal(kStep, "moved", path);
    return above;
}

} // namespace tlxc::transfer
