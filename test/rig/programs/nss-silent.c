// A service of nsswitch.conf that never says who a user is.
#include <errno.h>
#include <nss.h>
#include <pwd.h>
#include <unistd.h>

enum nss_status _nss_silent_getpwuid_r(uid_t uid, struct passwd *entry, char *text, size_t size, int *error) {
    (void)uid, (void)entry, (void)text, (void)size;
    for (;;)
        pause();
    *error = ENOENT;
    return NSS_STATUS_NOTFOUND;
}
