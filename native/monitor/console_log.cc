#include "monitor/console_log.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>

#include "common/own_files.h"

namespace tlxc {

bool ConsoleLog::reopen() {
    file_ = open_own(path_, O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0600);
    struct stat info {};
    if (!file_ || fstat(file_.get(), &info) != 0)
        return false;
    written_ = S_ISREG(info.st_mode) ? static_cast<size_t>(info.st_size) : 0;
    return true;
}

Status ConsoleLog::open(const std::string& path, long limit, bool rotate) {
    file_.reset();
    path_ = path;
    limit_ = static_cast<size_t>(std::max(limit, 0L));
    rotate_ = rotate;
    if (path.empty() || reopen())
        return {};
    return syscall_failure("console", "open", path);
}

void ConsoleLog::make_room() {
    if (rotate_) {
        if (rename(path_.c_str(), (path_ + ".1").c_str()) == 0)
            (void)reopen();
    } else if (ftruncate(file_.get(), 0) == 0) {
        written_ = 0;
    }
}

void ConsoleLog::write(const char* data, size_t size) {
    while (file_ && size > 0) {
        if (limit_ > 0 && written_ >= limit_)
            make_room();
        // Room could not be made: dropped, rather than a disk filled against the administrator's limit.
        if (limit_ > 0 && written_ >= limit_)
            return;
        const size_t part = limit_ > 0 ? std::min(size, limit_ - written_) : size;
        const ssize_t n = ::write(file_.get(), data, part);
        if (n <= 0)
            return;
        written_ += static_cast<size_t>(n);
        data += n;
        size -= static_cast<size_t>(n);
    }
}

} // namespace tlxc
