// Files of a genuine procfs: neither a link nor a mount over any part of a path may lead a write elsewhere.
#pragma once
#include <fcntl.h>

#include "common/unique_fd.h"

namespace tlxc::procfs {

// The root of the procfs that is mounted at /proc; none, with errno set, where something else is there.
[[nodiscard]] UniqueFd open_root();
// A file below that root, opened with these flags; none with errno set.
[[nodiscard]] UniqueFd open_file(const UniqueFd& root, const char* path, int flags = O_WRONLY);
// Writes all of text in one call, which is how the kernel takes it.
[[nodiscard]] bool write_all(const UniqueFd& file, const char* text, size_t size);

} // namespace tlxc::procfs
