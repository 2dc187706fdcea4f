#include "enter/user.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "enter/command.h"
#include "enter/lines.h"
#include "enter/passwd.h"

// From the C library's header for names of groups, whose lookups must not be in this program.
extern "C" int setgroups(size_t count, const gid_t* groups);

namespace tlxc::enter {
namespace {

constexpr size_t kMostGroups = 1024;

struct Identity {
    uid_t uid;
    gid_t gid;
    size_t count;
    gid_t groups[kMostGroups];
};

struct Group {
    const char* name;
    gid_t gid;
    char* members;
};

// NAME:PASSWORD:GID:MEMBERS; the line is cut up.
bool read_group(char* line, Group& group) {
    group.name = strsep(&line, ":");
    (void)strsep(&line, ":");
    const char* gid = strsep(&line, ":");
    group.members = line;
    return gid != nullptr && line != nullptr && read_id(gid, group.gid);
}

bool has_member(char* members, const char* name) {
    while (const char* member = strsep(&members, ","))
        if (strcmp(member, name) == 0)
            return true;
    return false;
}

bool find_group(const char* wanted, gid_t& gid) {
    const bool found = find_line("/etc/group", [&](char* line) {
        Group group{};
        if (!read_group(line, group) || strcmp(group.name, wanted) != 0)
            return false;
        gid = group.gid;
        return true;
    });
    return found || read_id(wanted, gid);
}

// false: in more than there is room for. None is left out: a group may be what somebody is kept away by.
bool take_memberships(const char* name, Identity& identity) {
    return !find_line("/etc/group", [&](char* line) {
        Group group{};
        if (!read_group(line, group) || group.gid == identity.gid || !has_member(group.members, name))
            return false;
        if (identity.count == kMostGroups)
            return true;
        identity.groups[identity.count++] = group.gid;
        return false;
    });
}

// Of a number that nobody has: its group is root's, as for an image.
bool find_account(const char* user, PasswdEntry& entry) {
    uid_t uid = 0;
    if (find_user_named(user, entry))
        return true;
    if (!read_id(user, uid))
        return false;
    if (!find_user(uid, entry))
        entry.uid = uid;
    return true;
}

bool take(const Identity& identity) {
    return setgroups(identity.count, identity.groups) == 0 &&
           setresgid(identity.gid, identity.gid, identity.gid) == 0 &&
           setresuid(identity.uid, identity.uid, identity.uid) == 0;
}

bool unknown(const char* label, const char* what, const char* name, const char* file) {
    dprintf(STDERR_FILENO, "%s: no %s %s in the container's %s\n", label, what, name, file);
    return false;
}

} // namespace

bool become_user(const char* label, char* spec) {
    static PasswdEntry entry;
    static Identity identity;
    const char* user = strsep(&spec, ":");
    if (!find_account(user, entry))
        return unknown(label, "user", user, "/etc/passwd");
    identity.uid = entry.uid;
    identity.gid = entry.gid;
    if (spec != nullptr && !find_group(spec, identity.gid))
        return unknown(label, "group", spec, "/etc/group");
    errno = E2BIG;
    const bool known = spec != nullptr || *entry.name == '\0' || take_memberships(entry.name, identity);
    if (known && take(identity))
        return true;
    complain(label, "cannot become the user");
    return false;
}

} // namespace tlxc::enter
