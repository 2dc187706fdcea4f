// The container's log (lxc.log.file, lxc.log.syslog): one line an event, from lxc.log.level on.
#pragma once
#include <memory>
#include <string>

#include "common/result.h"
#include "common/unique_fd.h"
#include "monitor/journal.h"
#include "monitor/syslog.h"

namespace tlxc {

class Log {
  public:
    enum class Level { Trace, Debug, Info, Notice, Warn, Error, Off };

    // Opens the file for appending; path "": none.
    [[nodiscard]] Status open(const std::string& name, const std::string& path, const std::string& level);
    // After open. A failure stops nothing: the next line looks for the syslog again.
    [[nodiscard]] Status open_syslog(int facility) { return syslog_.open(facility); }
    // What is Info or worse goes there, too, whatever lxc.log.level says.
    void keep(std::shared_ptr<Journal> journal) { journal_ = std::move(journal); }
    void write(Level level, const std::string& text);
    void failure(Level level, const Failure& failure);
    // For the standard output and error of hooks; -1 without a file.
    [[nodiscard]] int fd() const { return file_.get(); }

  private:
    std::string name_;
    Level least_ = Level::Off;
    UniqueFd file_;
    Syslog syslog_;
    std::shared_ptr<Journal> journal_;
};

} // namespace tlxc
