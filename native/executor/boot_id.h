// The boot id that a container sees in /proc/sys/kernel/random/boot_id: its own of this start, not the
// host's.
#pragma once
#include "common/result.h"

namespace tlxc::boot_id {

// Makes the file name in directory, with a random id (RFC 4122, version 4) as the kernel writes it.
[[nodiscard]] Status write(int directory, const char* name);

} // namespace tlxc::boot_id
