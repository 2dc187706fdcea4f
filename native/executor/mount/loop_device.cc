#include "executor/mount/loop_device.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace tlxc::loop_device {
namespace {

constexpr const char* kStep = "rootfs loop device";
constexpr int kAttempts = 64; // another process may take the device that was free

dev_t device_of(uint64_t encoded) {
    return makedev((encoded & 0xfff00) >> 8, (encoded & 0xff) | ((encoded >> 12) & 0xfff00));
}

bool holds(int device, const struct stat& file) {
    loop_info64 info{};
    if (ioctl(device, LOOP_GET_STATUS64, &info) != 0)
        return false;
    constexpr uint32_t kFlags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR;
    return (info.lo_flags & kFlags) == kFlags && info.lo_offset == 0 && info.lo_sizelimit == 0 &&
           info.lo_inode == file.st_ino && device_of(info.lo_device) == file.st_dev;
}

// The device that has the whole file already, read-only: a second mount of it is one of the same filesystem,
// which is in memory once however many containers lie over it. Open, it cannot go meanwhile.
Device find_sharable(const struct stat& file) {
    const std::unique_ptr<DIR, int (*)(DIR*)> blocks{opendir("/sys/block"), closedir};
    while (const dirent* entry = blocks ? readdir(blocks.get()) : nullptr) {
        if (!std::string_view(entry->d_name).starts_with("loop"))
            continue;
        Device device{{}, std::string("/dev/") + entry->d_name};
        device.fd = UniqueFd{open(device.path.c_str(), O_RDONLY | O_CLOEXEC)};
        if (device.fd && holds(device.fd.get(), file))
            return device;
    }
    return {};
}

} // namespace

Result<Device> attach(const std::string& file, bool readOnly) {
    const UniqueFd backing{open(file.c_str(), (readOnly ? O_RDONLY : O_RDWR) | O_CLOEXEC)};
    if (!backing)
        return syscall_failure(kStep, "open", file);
    struct stat status {};
    if (fstat(backing.get(), &status) != 0)
        return syscall_failure(kStep, "fstat", file);
    // Whoever writes it could trick the kernel: asked of the very file that is mounted, whatever its name
    // meant before.
    const mode_t foreign = S_IWOTH | (status.st_gid == 0 ? 0 : S_IWGRP);
    if (status.st_uid != 0 || (status.st_mode & foreign) != 0)
        return refusal(kStep, "others than root can write it", file);
    if (readOnly)
        if (Device shared = find_sharable(status); shared.fd)
            return shared;
    const UniqueFd control{open("/dev/loop-control", O_RDWR | O_CLOEXEC)};
    if (!control)
        return syscall_failure(kStep, "open", "/dev/loop-control");
    loop_config config{};
    config.fd = static_cast<uint32_t>(backing.get());
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR | (readOnly ? LO_FLAGS_READ_ONLY : 0);
    std::strncpy(reinterpret_cast<char*>(config.info.lo_file_name), file.c_str(), LO_NAME_SIZE - 1);
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        const int number = ioctl(control.get(), LOOP_CTL_GET_FREE);
        if (number < 0)
            return syscall_failure(kStep, "LOOP_CTL_GET_FREE", "/dev/loop-control");
        Device device{{}, "/dev/loop" + std::to_string(number)};
        device.fd = UniqueFd{open(device.path.c_str(), (readOnly ? O_RDONLY : O_RDWR) | O_CLOEXEC)};
        if (!device.fd)
            return syscall_failure(kStep, "open", device.path);
        if (ioctl(device.fd.get(), LOOP_CONFIGURE, &config) == 0)
            return device;
        if (errno != EBUSY)
            return syscall_failure(kStep, "LOOP_CONFIGURE", file);
    }
    return refusal(kStep, "every free device was taken", file);
}

} // namespace tlxc::loop_device
