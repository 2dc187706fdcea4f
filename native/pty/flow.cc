#include "pty/flow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tlxc::pty {
namespace {

// What poll's POLLOUT promises a pipe to take without blocking.
constexpr size_t kAtomic = 4096;

} // namespace

Flow::Read Flow::fill() {
    const ssize_t size = ::read(from_, buffer_, kChunk);
    if (size < 0)
        return errno == EAGAIN || errno == EINTR ? Read::nothing : Read::end;
    if (size == 0)
        return Read::end;
    begin_ = 0;
    end_ = static_cast<size_t>(size);
    return Read::data;
}

bool Flow::flush() {
    while (pending()) {
        const size_t size = end_ - begin_ < kAtomic ? end_ - begin_ : kAtomic;
        const ssize_t written = ::write(to_, buffer_ + begin_, size);
        if (written < 0)
            return errno == EAGAIN || errno == EINTR;
        begin_ += static_cast<size_t>(written);
        // The rest waits for the next POLLOUT: a descriptor that may block is never written without one.
        return true;
    }
    return true;
}

void Flow::replace(std::span<const char> bytes) {
    memcpy(buffer_, bytes.data(), bytes.size());
    begin_ = 0;
    end_ = bytes.size();
}

void Flow::redirect(int from, int to) {
    from_ = from;
    to_ = to;
    begin_ = end_ = 0;
}

int reopen_nonblocking(int fd, int mode) {
    struct stat status {};
    if (fstat(fd, &status) != 0 || S_ISREG(status.st_mode))
        return fd;
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const int reopened = ::open(path, mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    return reopened < 0 ? fd : reopened;
}

void set_nonblocking(int fd) {
    if (fd >= 0)
        ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
}

} // namespace tlxc::pty
