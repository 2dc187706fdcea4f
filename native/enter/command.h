// Becoming the command.
#pragma once

namespace tlxc::enter {

struct Command {
    const char* label; // begins every message
    int ttyFd;         // of 0, 1, 2, the first that is the pty; -1: none
    char* user;        // USER[:GROUP] of its own accounts; nullptr: who it is already
    bool identity;     // HOME, USER, LOGNAME and SHELL from the container's /etc/passwd
    char** argv;       // empty: the user's login shell
};

// "LABEL: WHAT: errno in words" on standard error.
void complain(const char* label, const char* what);

// A session of its own, the terminal, the user, the program. Ends with 127 where the command does not exist,
// 126 where it cannot be executed, or not as that user.
[[noreturn]] void become_command(const Command& command);

} // namespace tlxc::enter
