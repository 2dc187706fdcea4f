#include "enter/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "enter/passwd.h"
#include "enter/user.h"

namespace tlxc::enter {
namespace {

constexpr char kDefaultShell[] = "/bin/sh";

[[noreturn]] void failed(const char* label, const char* what) {
    const int error = errno;
    complain(label, what);
    if (error == ENOENT || error == ENOTDIR)
        _exit(127);
    _exit(error == EACCES || error == ENOEXEC ? 126 : 1);
}

[[noreturn]] void become_shell(const Command& command, const PasswdEntry& user) {
    const char* shell = *user.shell != '\0' ? user.shell : kDefaultShell;
    execl(shell, shell, nullptr);
    execl(kDefaultShell, kDefaultShell, nullptr);
    failed(command.label, shell);
}

void set_identity(const PasswdEntry& user) {
    constexpr int keep = 0;
    setenv("HOME", *user.home != '\0' ? user.home : "/", keep);
    setenv("SHELL", *user.shell != '\0' ? user.shell : kDefaultShell, keep);
    if (*user.name == '\0')
        return;
    setenv("USER", user.name, keep);
    setenv("LOGNAME", user.name, keep);
}

} // namespace

void complain(const char* label, const char* what) {
    dprintf(STDERR_FILENO, "%s: %s: %s\n", label, what, strerrordesc_np(errno));
}

void become_command(const Command& command) {
    setsid();
    if (command.ttyFd >= 0 && ioctl(command.ttyFd, TIOCSCTTY, 0) != 0)
        failed(command.label, "controlling terminal");
    // With what the container's root may do, and no more: where that is not to change its user, it does not.
    if (command.user != nullptr && !become_user(command.label, command.user))
        _exit(126);
    static PasswdEntry user;
    if (command.identity || command.argv[0] == nullptr)
        find_user(geteuid(), user);
    if (command.identity)
        set_identity(user);
    if (command.argv[0] == nullptr)
        become_shell(command, user);
    // Searches the PATH of the command's own environment, which is this process's.
    execvp(command.argv[0], command.argv);
    failed(command.label, command.argv[0]);
}

} // namespace tlxc::enter
