// The few words tlxc-pty speaks with a container's monitor (src/monitor/protocol.ts).
#pragma once

namespace tlxc::pty {

// Each request has a connection of its own, answered or not: nothing here waits for a reply.
void ask_resize(const char* runDir, int rows, int columns);
void ask_signal(const char* runDir, int signal);

struct Event {
    bool ended = false;   // the connection is at its end: the monitor has gone
    bool stopped = false; // STOPPED, and not to be started again
    bool reboots = false; // what comes next is another init
    int exitStatus = 0;   // with stopped, as waitpid gives it
};

// The next event on a watched connection that poll calls readable.
[[nodiscard]] Event next_event(int connection);

} // namespace tlxc::pty
