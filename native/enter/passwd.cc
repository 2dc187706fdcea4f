#include "enter/passwd.h"

#include <string.h>

#include "enter/lines.h"

namespace tlxc::enter {
namespace {

enum Field { kName, kPassword, kUid, kGid, kComment, kHome, kShell, kFields };

template <size_t Size> void copy(char (&to)[Size], const char* from) {
    if (strlen(from) < Size)
        strcpy(to, from);
}

// Cuts the line into its fields.
bool cut(char* line, char* (&fields)[kFields]) {
    for (auto& field : fields) {
        field = strsep(&line, ":");
        if (field == nullptr)
            return false;
    }
    return line == nullptr;
}

template <class Fits> bool find(PasswdEntry& entry, const Fits& fits) {
    entry = {};
    return find_line("/etc/passwd", [&](char* line) {
        char* fields[kFields] = {};
        uid_t uid = 0;
        gid_t gid = 0;
        if (!cut(line, fields) || !read_id(fields[kUid], uid) || !read_id(fields[kGid], gid))
            return false;
        if (!fits(fields[kName], uid))
            return false;
        entry.uid = uid;
        entry.gid = gid;
        copy(entry.name, fields[kName]);
        if (*fields[kHome] == '/')
            copy(entry.home, fields[kHome]);
        if (*fields[kShell] == '/')
            copy(entry.shell, fields[kShell]);
        return true;
    });
}

} // namespace

bool read_id(const char* text, uid_t& id) {
    unsigned long long value = 0;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; ++text) {
        if (*text < '0' || *text > '9')
            return false;
        value = value * 10 + static_cast<unsigned long long>(*text - '0');
        if (value >= 0xffffffffULL)
            return false;
    }
    id = static_cast<uid_t>(value);
    return true;
}

bool find_user(uid_t wanted, PasswdEntry& entry) {
    return find(entry, [&](const char*, uid_t uid) { return uid == wanted; });
}

bool find_user_named(const char* wanted, PasswdEntry& entry) {
    return find(entry, [&](const char* name, uid_t) { return strcmp(name, wanted) == 0; });
}

} // namespace tlxc::enter
