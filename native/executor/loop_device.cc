#include "executor/loop_device.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>

#include <cstring>

namespace tlxc::loop_device {
namespace {

constexpr const char* kStep = "rootfs loop device";
constexpr int kAttempts = 64; // another process may take the device that was free

} // namespace

Result<Device> attach(const std::string& file, bool readOnly) {
    const UniqueFd backing{open(file.c_str(), (readOnly ? O_RDONLY : O_RDWR) | O_CLOEXEC)};
    if (!backing)
        return syscall_failure(kStep, "open", file);
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
