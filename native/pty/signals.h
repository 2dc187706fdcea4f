// Signals as events: all that this program must not die of are blocked and read from a descriptor.
#pragma once
#include <signal.h>

namespace tlxc::pty {

// Blocks them for the rest of the process's life and returns the signalfd. SIGTTOU is blocked without being
// read, so that the terminal can be restored from the background.
[[nodiscard]] int open_signals();

// The next signal, 0 when there is none.
[[nodiscard]] int next_signal(int fd);

// True for those that ask the proxied program, not this one, to do something.
[[nodiscard]] bool is_forwarded(int signal);

// The exit code for a wait status: 128 + N for signal N.
[[nodiscard]] int exit_code(int status);

} // namespace tlxc::pty
