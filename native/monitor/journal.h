// What a container's console prints and what its monitor has to tell, kept without being asked for: lines of
// the form that the kubelet's container logs have, "TIME SOURCE F|P TEXT" (P: the line goes on in the next
// record of this source), each written by us from its beginning on, so that nothing the container prints is
// taken for a mark of ours. Rotated: journal, journal.1 (older), …
#pragma once
#include <string>
#include <string_view>

#include "common/result.h"
#include "common/unique_fd.h"
#include "plan/plan.gen.h"

namespace tlxc {

class Journal {
  public:
    // Makes the directory, which nobody but us may enter. A failure leaves a journal that keeps nothing.
    [[nodiscard]] Status open(const plan::Journal& plan);
    // The beginning of a boot: why ("start" or "reboot").
    void mark_boot(std::string_view why) { line("boot", why); }
    // One line; what would end it early becomes a blank.
    void line(std::string_view source, std::string_view text);
    // Raw output, as it comes.
    void output(const char* data, size_t size);

  private:
    [[nodiscard]] bool reopen();
    void rotate();
    void append(const std::string& records);

    UniqueFd directory_;
    UniqueFd file_;
    size_t limit_ = 0;
    size_t written_ = 0;
    int files_ = 1;
};

} // namespace tlxc
