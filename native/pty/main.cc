// tlxc-pty: takes the place of the Node process that set up an attach, a console or a foreground start, and
// stands between the caller's terminal and the container's. Descriptors are inherited, named by number:
//
//   tlxc-pty attach MASTER CHILD-PID LOG       the pty of an attached command
//   tlxc-pty wait CHILD-PID                    an attached command without a terminal
//   tlxc-pty console PEER CONNECTION RUNDIR PREFIX
//   tlxc-pty foreground PEER CONNECTION RUNDIR NOTE
//
// The modes are described in modes.h.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pty/modes.h"

int main(int argc, char** argv) {
    using namespace tlxc::pty;
    const char* mode = argc > 1 ? argv[1] : "";
    if (strcmp(mode, "attach") == 0 && argc == 5)
        return run_attach({.master = atoi(argv[2]), .child = atoi(argv[3]), .log = atoi(argv[4])});
    if (strcmp(mode, "wait") == 0 && argc == 3)
        return run_wait(atoi(argv[2]));
    if (strcmp(mode, "console") == 0 && argc == 6)
        return run_console({.peer = atoi(argv[2]),
                            .connection = atoi(argv[3]),
                            .runDir = argv[4],
                            .prefix = atoi(argv[5]),
                            .foreground = false,
                            .note = ""});
    if (strcmp(mode, "foreground") == 0 && argc == 6)
        return run_console({.peer = atoi(argv[2]),
                            .connection = atoi(argv[3]),
                            .runDir = argv[4],
                            .prefix = -1,
                            .foreground = true,
                            .note = argv[5]});
    fputs("tlxc-pty is run by other commands\n", stderr);
    return 1;
}
