// The caller's terminal: raw while it is proxied, as it was before on every way out.
#pragma once
#include <termios.h>

namespace tlxc::pty {

class RawTerminal {
  public:
    // Nothing happens where fd is no terminal.
    explicit RawTerminal(int fd);
    ~RawTerminal() { restore(); }
    RawTerminal(const RawTerminal&) = delete;
    RawTerminal& operator=(const RawTerminal&) = delete;

    // Again raw: after a stop and continue the shell has set the terminal as it likes it.
    void enter();
    void restore();
    [[nodiscard]] bool is_raw() const { return raw_; }

  private:
    int fd_;
    bool raw_ = false;
    termios before_{};
};

// Of 1, 2 and 0, the first that is a terminal; -1: none.
[[nodiscard]] int terminal_for_output();

// Copies the window size of the terminal from to the pty to; false when either has none.
bool copy_window_size(int from, int to);

} // namespace tlxc::pty
