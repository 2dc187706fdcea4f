// What init is told in confidence: files of a filesystem in memory, which the kernel never swaps (ramfs). All
// is written while it is mounted nowhere: nobody sees it before it is read-only and init's alone.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "executor/mount/mount_api.h"
#include "executor/mount/tree.h"

namespace tlxc {
namespace {

constexpr mode_t kDirectoryMode = 0500;
constexpr mode_t kFileMode = 0400;

// -1: no hexadecimal digit.
int digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

Result<std::string> bytes_of(const std::string& hexadecimal) {
    if (hexadecimal.size() % 2 != 0)
        return refusal("credentials", "half a byte");
    std::string bytes;
    bytes.reserve(hexadecimal.size() / 2);
    for (size_t i = 0; i < hexadecimal.size(); i += 2) {
        const int high = digit(hexadecimal[i]);
        const int low = digit(hexadecimal[i + 1]);
        if (high < 0 || low < 0)
            return refusal("credentials", "no hexadecimal digits");
        bytes += static_cast<char>(high * 16 + low);
    }
    return bytes;
}

Status write_all(int file, const std::string& bytes) {
    size_t written = 0;
    while (written < bytes.size()) {
        const ssize_t count = TEMP_FAILURE_RETRY(write(file, bytes.data() + written, bytes.size() - written));
        if (count < 0)
            return syscall_failure("credentials", "write");
        written += static_cast<size_t>(count);
    }
    return {};
}

Status make_file(int directory, const plan::CredentialFile& wanted, const plan::MountCredentials& step) {
    const std::string bytes = TRY(bytes_of(wanted.contents));
    const UniqueFd file{
        openat(directory, wanted.name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0)};
    if (!file)
        return syscall_failure("credentials", "openat");
    TRY(write_all(file.get(), bytes));
    if (fchown(file.get(), static_cast<uid_t>(step.uid), static_cast<gid_t>(step.gid)) != 0)
        return syscall_failure("credentials", "fchown");
    // After the owner, whose change takes bits away.
    if (fchmod(file.get(), kFileMode) != 0)
        return syscall_failure("credentials", "fchmod");
    return {};
}

} // namespace

Status Tree::perform(const plan::MountCredentials& step) {
    const UniqueFd mount = TRY(mount_api::make(
        {"ramfs", "credentials", {"mode=0700"}, {"nosuid", "nodev", "noexec", "nosymfollow"}}));
    for (const auto& each : step.files)
        TRY(make_file(mount.get(), each, step));
    if (fchownat(mount.get(), "", static_cast<uid_t>(step.uid), static_cast<gid_t>(step.gid),
                 AT_EMPTY_PATH) != 0)
        return syscall_failure("credentials", "fchownat");
    if (fchmodat(mount.get(), ".", kDirectoryMode, 0) != 0)
        return syscall_failure("credentials", "fchmodat");
    TRY(mount_api::make_readonly(mount.get()));
    const UniqueFd target = TRY(root_.find_or_make(step.target, plan::Create::Dir));
    return mount_api::attach(mount.get(), target.get());
}

} // namespace tlxc
