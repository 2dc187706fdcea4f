// The files of a journal: journal, which is written to, journal.1 (older), … Rotated by size.
#pragma once
#include <string>
#include <string_view>

#include "common/result.h"
#include "common/unique_fd.h"
#include "plan/plan.gen.h"

namespace tlxc {

class JournalFile {
  public:
    // Makes the directory, which nobody but us may enter, and removes files beyond those that may be.
    [[nodiscard]] Status open(const plan::Journal& plan);
    // Whether anything is to be kept.
    [[nodiscard]] bool wanted() const { return static_cast<bool>(directory_); }
    // Whole records. What comes while no room can be made is lost.
    void append(std::string_view records);
    // Opens the newest file again: another process has rotated them.
    [[nodiscard]] bool reopen();
    // Everything else that is open here is closed, but for `other`.
    void keep_only(int other) const;

  private:
    void rotate();

    UniqueFd directory_;
    UniqueFd file_;
    size_t limit_ = 0;
    size_t written_ = 0;
    int files_ = 1;
};

} // namespace tlxc
