// A file as a block device.
#pragma once
#include <string>

#include "common/result.h"
#include "common/unique_fd.h"

namespace tlxc::loop_device {

// The device exists as long as fd is open or a filesystem on it is mounted. Read-only, it may be one that
// others have.
struct Device {
    UniqueFd fd;
    std::string path;
};
[[nodiscard]] Result<Device> attach(const std::string& file, bool readOnly);

} // namespace tlxc::loop_device
