#include "pty/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <initializer_list>

namespace tlxc::pty {

RawTerminal::RawTerminal(int fd) : fd_(fd) {
    if (fd < 0 || tcgetattr(fd, &before_) != 0)
        fd_ = -1;
    else
        enter();
}

void RawTerminal::enter() {
    if (fd_ < 0)
        return;
    termios raw = before_;
    cfmakeraw(&raw);
    raw_ = tcsetattr(fd_, TCSANOW, &raw) == 0;
}

void RawTerminal::restore() {
    // At once: a terminal that shows nothing more (Ctrl-S) must not keep this process.
    if (raw_)
        tcsetattr(fd_, TCSANOW, &before_);
    raw_ = false;
}

int terminal_for_output() {
    for (const int fd : {STDOUT_FILENO, STDERR_FILENO, STDIN_FILENO})
        if (isatty(fd))
            return fd;
    return -1;
}

bool copy_window_size(int from, int to) {
    winsize size{};
    return ioctl(from, TIOCGWINSZ, &size) == 0 && ioctl(to, TIOCSWINSZ, &size) == 0;
}

} // namespace tlxc::pty
