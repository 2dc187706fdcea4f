// Stalks whoever enters: looks at every process that appears, until its standard input ends, and then says, a line each
// and each once, what it could get hold of:
//   open DEV:INODE NAME      a descriptor of the executable, a mapping or an open file, from /proc/PID
//   written NAME             one of those, reopened for writing and written to
//   capabilities HEX         the bounding set of a process, as it was seen
//   seccomp MODE
//   secret                   TLXC_HOST_SECRET in an environment
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { kLines = 4096, kLength = 256 };
static char lines[kLines][kLength];
static int count;

static void note(const char *line) {
    for (int i = 0; i < count; ++i)
        if (strcmp(lines[i], line) == 0)
            return;
    if (count < kLines)
        strcpy(lines[count++], line);
}

// A sealed file of memory can be opened for writing once it runs no more; it must not let itself be written.
static void try_write(int fd, const char *name) {
    char path[64], line[kLength], byte;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int writable = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (writable < 0)
        return;
    if (pread(writable, &byte, 1, 0) == 1 && pwrite(writable, &byte, 1, 0) == 1) {
        snprintf(line, sizeof line, "written %.200s", name);
        note(line);
    }
    close(writable);
}

// While one runs nobody may open it for writing: those of the first processes are kept until nobody does any more.
enum { kKept = 64 };
static int kept[kKept], keptCount;

static void grab(const char *path) {
    char name[kLength] = "", line[kLength];
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return;
    struct stat about;
    char self[64];
    snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(self, name, sizeof name - 1);
    if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && size > 0) {
        snprintf(line, sizeof line, "open %u:%u:%lu %.150s", major(about.st_dev), minor(about.st_dev), about.st_ino, name);
        note(line);
        if (strncmp(name, "/memfd:", 7) == 0) {
            try_write(fd, name);
            if (keptCount < kKept && (kept[keptCount] = dup(fd)) >= 0)
                ++keptCount;
        }
    } else if (size > 0 && S_ISDIR(about.st_mode)) {
        snprintf(line, sizeof line, "open %u:%u:%lu %.150s", major(about.st_dev), minor(about.st_dev), about.st_ino, name);
        note(line);
    }
    close(fd);
}

static void grab_all(const char *pid, const char *what) {
    char path[600];
    snprintf(path, sizeof path, "/proc/%s/%s", pid, what);
    DIR *dir = opendir(path);
    if (!dir)
        return;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "/proc/%s/%s/%s", pid, what, entry->d_name);
        grab(path);
    }
    closedir(dir);
}

static void read_status(const char *pid) {
    char path[300], text[4096], line[kLength];
    snprintf(path, sizeof path, "/proc/%s/status", pid);
    FILE *status = fopen(path, "re");
    if (!status)
        return;
    while (fgets(text, sizeof text, status)) {
        char value[64];
        if (sscanf(text, "CapBnd: %60s", value) == 1)
            snprintf(line, sizeof line, "capabilities %s", value), note(line);
        else if (sscanf(text, "Seccomp: %60s", value) == 1)
            snprintf(line, sizeof line, "seccomp %s", value), note(line);
    }
    fclose(status);
}

static void read_environment(const char *pid) {
    char path[300], text[65536];
    snprintf(path, sizeof path, "/proc/%s/environ", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t size = read(fd, text, sizeof text);
    if (size > 0 && memmem(text, (size_t)size, "TLXC_HOST_SECRET", 16))
        note("secret");
    close(fd);
}

static void look_at(const char *pid) {
    char exe[300];
    snprintf(exe, sizeof exe, "/proc/%s/exe", pid);
    grab(exe);
    read_status(pid);
    grab_all(pid, "map_files");
    grab_all(pid, "fd");
    snprintf(exe, sizeof exe, "/proc/%s/cwd", pid);
    grab(exe);
    read_environment(pid);
}

int main(void) {
    char self[32];
    snprintf(self, sizeof self, "%d", getpid());
    struct pollfd end = {.fd = 0, .events = POLLIN};
    puts("stalking");
    fflush(stdout);
    while (poll(&end, 1, 0) == 0) {
        DIR *proc = opendir("/proc");
        for (struct dirent *entry; (entry = readdir(proc));)
            if (entry->d_name[0] > '0' && entry->d_name[0] <= '9' && strcmp(entry->d_name, "1") != 0 &&
                strcmp(entry->d_name, self) != 0)
                look_at(entry->d_name);
        closedir(proc);
    }
    for (int i = 0; i < keptCount; ++i)
        try_write(kept[i], "an image that was run");
    for (int i = 0; i < count; ++i)
        puts(lines[i]);
    return 0;
}
