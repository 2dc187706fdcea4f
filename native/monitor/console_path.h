// lxc.console.path = FILE: what the container writes on its console goes there too; a terminal is read from
// as well.
#pragma once
#include <termios.h>

#include <string>

#include "common/result.h"
#include "common/unique_fd.h"

namespace tlxc {

class ConsolePath {
  public:
    ConsolePath() = default;
    ConsolePath(const ConsolePath&) = delete;
    ConsolePath& operator=(const ConsolePath&) = delete;
    // Gives a terminal its modes back.
    ~ConsolePath();

    [[nodiscard]] Status open(const std::string& path);
    void write(const char* data, size_t size) const;
    // A terminal's descriptor, to be read from; -1 for a file or none.
    [[nodiscard]] int terminal() const { return terminal_ ? file_.get() : -1; }

  private:
    UniqueFd file_;
    bool terminal_ = false;
    termios before_{};
};

} // namespace tlxc
