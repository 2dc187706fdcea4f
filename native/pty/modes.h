// What tlxc-pty can be. Each mode returns the exit code of the whole command.
#pragma once
#include <sys/types.h>

namespace tlxc::pty {

struct AttachMode {
    int master;
    pid_t child; // ours to wait for
    int log;     // a copy of the output; -1: none
};
[[nodiscard]] int run_attach(const AttachMode& mode);

// No terminal: waits for the child and passes signals on.
[[nodiscard]] int run_wait(pid_t child);

struct ConsoleMode {
    int peer;           // the console's stream, or a tty's master; -1: none
    int connection;     // the monitor's; its end is the container's
    const char* runDir; // where monitor.sock lies, for requests made on the way
    int prefix;         // the byte that begins "PREFIX q"; -1: no way to leave
    bool foreground;    // connection carries events: the end is init's, and so is the exit code
    const char* note;   // of a foreground start: said when init goes on after a signal; "": nothing
};
[[nodiscard]] int run_console(const ConsoleMode& mode);

} // namespace tlxc::pty
