// The container's /etc/passwd.
#pragma once
#include <sys/types.h>

namespace tlxc::enter {

struct PasswdEntry {
    uid_t uid;
    gid_t gid;
    char name[256];
    char home[1024];
    char shell[1024];
};

// Digits only, and all of them; 4294967295 is no id.
[[nodiscard]] bool read_id(const char* text, uid_t& id);

// The first line with this uid; all fields empty where there is none. false: there is none.
bool find_user(uid_t uid, PasswdEntry& entry);

// The first line of this name.
[[nodiscard]] bool find_user_named(const char* name, PasswdEntry& entry);

} // namespace tlxc::enter
