// A service of nsswitch.conf that never says who a user is. Each question is a byte in the file NSS_ASKED names.
#include <errno.h>
#include <fcntl.h>
#include <nss.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

enum nss_status _nss_silent_getpwuid_r(uid_t uid, struct passwd *entry, char *text, size_t size, int *error) {
    (void)uid, (void)entry, (void)text, (void)size;
    const char *asked = getenv("NSS_ASKED");
    int fd = asked ? open(asked, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (fd >= 0 && write(fd, "?", 1) == 1)
        close(fd);
    for (;;)
        pause();
    *error = ENOENT;
    return NSS_STATUS_NOTFOUND;
}
