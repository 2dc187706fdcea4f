#include "monitor/console_path.h"

#include <fcntl.h>

#include "common/own_files.h"

namespace tlxc {

Status ConsolePath::open(const std::string& path) {
    if (path.empty() || file_)
        return {};
    file_ = open_own(path, O_RDWR | O_APPEND | O_CREAT | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0600);
    if (!file_)
        return syscall_failure("console", "open", path);
    terminal_ = tcgetattr(file_.get(), &before_) == 0;
    if (!terminal_)
        return {};
    // The container's own terminal does the line editing and the echo.
    termios raw = before_;
    cfmakeraw(&raw);
    if (tcsetattr(file_.get(), TCSANOW, &raw) != 0)
        return syscall_failure("console", "tcsetattr", path);
    return {};
}

ConsolePath::~ConsolePath() {
    if (terminal_)
        tcsetattr(file_.get(), TCSANOW, &before_);
}

void ConsolePath::write(const char* data, size_t size) const {
    if (file_)
        (void)!::write(file_.get(), data, size); // a terminal that does not take it loses it
}

} // namespace tlxc
