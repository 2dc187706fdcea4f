// The container's run directory: its lock, its socket and its record live in it, and nobody else may.
#pragma once
#include <string>

#include "common/result.h"
#include "common/unique_fd.h"

namespace tlxc {

class RunDir {
  public:
    // Opens the directory, making what is missing of the path (0700), and takes monitor.lock for life. A
    // container that has a monitor already: step "already-running".
    [[nodiscard]] Status claim(const std::string& path);
    [[nodiscard]] int fd() const { return dir_.get(); }
    [[nodiscard]] const std::string& path() const { return path_; }
    // Another monitor may start from here on.
    void release() { lock_.reset(); }
    // A file of the directory, written whole or not at all (mode 0600).
    [[nodiscard]] Status write(const char* name, const std::string& text) const;
    void remove(const char* name) const { unlinkat(dir_.get(), name, 0); }

  private:
    std::string path_;
    UniqueFd dir_;
    UniqueFd lock_; // flock
};

// Writes a file by temporary file and rename, relative to dir (AT_FDCWD: name is a path). false with errno
// set. Nobody waits for the disk: what is written so is true of this boot only, and readers take one that a
// crash of the host cut short for none.
[[nodiscard]] bool write_atomically(int dir, const std::string& name, const std::string& text);

} // namespace tlxc
