#include "enter/passwd.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tlxc::enter {
namespace {

constexpr off_t kMaxFile = 1 << 20;
constexpr size_t kMaxLine = 4096;
enum Field { kName, kPassword, kUid, kGid, kComment, kHome, kShell, kFields };

// Digits only, and all of them.
bool is_uid(const char* text, uid_t wanted) {
    unsigned long long value = 0;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; ++text) {
        if (*text < '0' || *text > '9')
            return false;
        value = value * 10 + static_cast<unsigned long long>(*text - '0');
        if (value > 0xffffffffULL)
            return false;
    }
    return value == wanted;
}

template <size_t Size> void copy(char (&to)[Size], const char* from) {
    if (strlen(from) < Size)
        strcpy(to, from);
}

// line is one line without its end; it is cut into its fields.
bool read_line(char* line, uid_t uid, PasswdEntry& entry) {
    char* fields[kFields] = {};
    for (auto& field : fields) {
        field = strsep(&line, ":");
        if (field == nullptr)
            return false;
    }
    if (line != nullptr || !is_uid(fields[kUid], uid))
        return false;
    copy(entry.name, fields[kName]);
    if (*fields[kHome] == '/')
        copy(entry.home, fields[kHome]);
    if (*fields[kShell] == '/')
        copy(entry.shell, fields[kShell]);
    return true;
}

int open_passwd() {
    // O_NONBLOCK: a FIFO would hold us up for ever.
    const int fd = open("/etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat about {};
    if (fd >= 0 && fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && about.st_size <= kMaxFile)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

} // namespace

void find_user(uid_t uid, PasswdEntry& entry) {
    entry = {};
    const int fd = open_passwd();
    if (fd < 0)
        return;
    char line[kMaxLine];
    size_t used = 0;
    bool tooLong = false;
    char chunk[4096];
    off_t total = 0;
    for (ssize_t size; total < kMaxFile && (size = read(fd, chunk, sizeof chunk)) > 0; total += size) {
        for (ssize_t i = 0; i < size; ++i) {
            if (chunk[i] != '\n') {
                if (used + 1 < sizeof line)
                    line[used++] = chunk[i];
                else
                    tooLong = true;
                continue;
            }
            line[used] = '\0';
            if (!tooLong && read_line(line, uid, entry)) {
                close(fd);
                return;
            }
            used = 0;
            tooLong = false;
        }
    }
    line[used] = '\0';
    if (!tooLong)
        (void)read_line(line, uid, entry); // a last line without its end
    close(fd);
}

} // namespace tlxc::enter
