// The console's log file (lxc.console.logfile): raw output, with a size limit and one rotated predecessor.
#pragma once
#include <string>

#include "common/result.h"
#include "common/unique_fd.h"

namespace tlxc {

class ConsoleLog {
  public:
    // limit 0: none. Without rotate a full file is emptied and begun anew; with it, it becomes PATH.1.
    [[nodiscard]] Status open(const std::string& path, long limit, bool rotate);
    void write(const char* data, size_t size);

  private:
    [[nodiscard]] bool reopen();
    void make_room();

    std::string path_;
    UniqueFd file_;
    size_t limit_ = 0;
    size_t written_ = 0;
    bool rotate_ = false;
};

} // namespace tlxc
