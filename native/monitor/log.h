// The container's log file (lxc.log.file): one line an event, from lxc.log.level on.
#pragma once
#include <string>

#include "common/result.h"
#include "common/unique_fd.h"

namespace tlxc {

class Log {
  public:
    enum class Level { Trace, Debug, Info, Notice, Warn, Error, Off };

    // Opens the file for appending; path "": nothing is logged.
    [[nodiscard]] Status open(const std::string& name, const std::string& path, const std::string& level);
    void write(Level level, const std::string& text) const;
    void failure(Level level, const Failure& failure) const;
    // For the standard output and error of hooks; -1 without a file.
    [[nodiscard]] int fd() const { return file_.get(); }

  private:
    std::string name_;
    Level least_ = Level::Off;
    UniqueFd file_;
};

} // namespace tlxc
