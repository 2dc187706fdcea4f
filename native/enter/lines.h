// The lines of a file of the container's, which may hold, or be, anything: of a regular file of at most 1
// MiB, read by hand, since no lookup of the C library may load the container's code.
#pragma once
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tlxc::enter {

constexpr off_t kMaxFile = 1 << 20;
// A group's line has all its members.
constexpr size_t kMaxLine = 1 << 16;

// -1 where it is none such.
inline int open_text(const char* path) {
    // O_NONBLOCK: a FIFO would hold us up for ever.
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat about {};
    if (fd >= 0 && fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && about.st_size <= kMaxFile)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

// Calls visit(line) with each, without its end, until one is what was looked for (true). The line is visit's
// to cut up; one that is too long is passed over.
template <class Visit> bool find_line(const char* path, const Visit& visit) {
    const int fd = open_text(path);
    if (fd < 0)
        return false;
    static char line[kMaxLine];
    char chunk[4096];
    size_t used = 0;
    bool tooLong = false;
    bool found = false;
    const auto end_line = [&] {
        line[used] = '\0';
        found = !tooLong && visit(line);
        used = 0;
        tooLong = false;
    };
    off_t total = 0;
    for (ssize_t size; !found && total < kMaxFile && (size = read(fd, chunk, sizeof chunk)) > 0;
         total += size) {
        for (ssize_t i = 0; i < size && !found; ++i) {
            if (chunk[i] == '\n')
                end_line();
            else if (used + 1 < sizeof line)
                line[used++] = chunk[i];
            else
                tooLong = true;
        }
    }
    if (!found && used > 0)
        end_line(); // the last one may lack its end
    close(fd);
    return found;
}

} // namespace tlxc::enter
