// Tries to type into whatever terminal it can reach: its standard streams, the descriptors after them, /dev/tty,
// /dev/console; with TIOCSTI as it is and with garbage in the bits that the kernel does not look at, and by TIOCLINUX.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void type_into(int fd) {
    const char *text = "id\n";
    for (const char *at = text; *at; ++at) {
        syscall(SYS_ioctl, fd, (unsigned long)TIOCSTI, at);
        syscall(SYS_ioctl, fd, TIOCSTI | 1UL << 32, at);
    }
    char paste[] = {3, 0};
    syscall(SYS_ioctl, fd, (unsigned long)TIOCLINUX, paste);
}

int main(void) {
    for (int fd = 0; fd < 32; ++fd)
        type_into(fd);
    static const char *const paths[] = {"/dev/tty", "/dev/console", "/dev/tty1", "/proc/self/fd/0"};
    for (int i = 0; i < 4; ++i) {
        int fd = open(paths[i], O_RDWR | O_NONBLOCK);
        if (fd >= 0)
            type_into(fd);
    }
    return 0;
}
