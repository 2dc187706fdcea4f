// What a container's console prints and what its monitor has to tell, kept without being asked for: lines of
// the form that the kubelet's container logs have, "TIME SOURCE F|P TEXT" (P: the line goes on in the next
// record of this source), each written by us from its beginning on, so that nothing the container prints is
// taken for a mark of ours.
//
// Nobody waits for the disk: once the container runs, a process of its own writes, and what it cannot take in
// time is left out, as is what comes faster than anybody reads; how much, is told.
#pragma once
#include <string>
#include <string_view>

#include "common/deadline.h"
#include "common/result.h"
#include "common/unique_fd.h"
#include "monitor/journal_file.h"
#include "plan/plan.gen.h"

namespace tlxc {

class Journal {
  public:
    // A failure leaves a journal that keeps nothing.
    [[nodiscard]] Status open(const plan::Journal& plan) { return file_.open(plan); }
    // From here on another process writes, a child of ours in our control groups; it begins with the first
    // line there is, for most containers print nothing for days.
    void begin() { awaitsWriter_ = file_.wanted(); }
    // It writes what it has, and ends; what comes then is written by us, unless it hangs.
    void end();

    // The beginning of a boot: why ("start" or "reboot").
    void mark_boot(std::string_view why) { line("boot", why); }
    // One line; what would end it early becomes a blank.
    void line(std::string_view source, std::string_view text);
    // Raw output, as it comes.
    void output(const char* data, size_t size);

  private:
    void spawn_writer();
    [[nodiscard]] bool admits(size_t lines);
    void tell_left_out();
    void append(const std::string& records, size_t lines);

    JournalFile file_;
    UniqueFd writer_; // a message of whole records each
    pid_t writerPid_ = -1;
    bool awaitsWriter_ = false;
    bool hangs_ = false;
    Deadline window_{0};
    size_t inWindow_ = 0;
    size_t leftOut_ = 0;
};

} // namespace tlxc
