// The container's /etc/passwd, read by hand: no libc lookup may load the container's code.
#pragma once
#include <sys/types.h>

namespace tlxc::enter {

struct PasswdEntry {
    char name[256];
    char home[1024];
    char shell[1024];
};

// The first line with this uid; all fields empty where there is none, or where /etc/passwd is not a regular
// file of at most 1 MiB. The file is the container's: it may hold, or be, anything.
void find_user(uid_t uid, PasswdEntry& entry);

} // namespace tlxc::enter
