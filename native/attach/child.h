// The half of an attach that runs in the forked child: enters the container, gives up everything, becomes
// tlxc-enter.
#pragma once
#include <linux/filter.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <span>

#include "common/result.h"

namespace tlxc {

struct ProcessLimit {
    int resource; // RLIMIT_*
    rlimit64 value;
};

// Everything the child needs, made before the fork: afterwards nothing may be allocated, for another of
// Node's threads may have held the allocator's lock. All of it is borrowed from the parent, which waits.
struct AttachChild {
    int initPidfd;
    int namespaces; // CLONE_NEW*
    int leaf;       // the v2 group it is born in; -1: the caller's own
    const char* leafPath;
    std::span<char* const> cgroupTasks; // v1
    const char* apparmorProfile;        // "exec NAME" as the kernel wants it written; "": none
    const char* selinuxContext;         // "": none
    pid_t corePid;                      // whose core scheduling domain is joined; 0: none
    std::span<const ProcessLimit> limits;
    unsigned long personality;
    std::span<const gid_t> groups;
    gid_t gid;
    uid_t uid;
    bool keepCapabilities;           // the caller's bounding set stays
    unsigned long long capabilities; // bits kept in the bounding set
    bool noNewPrivileges;
    std::span<sock_filter> seccomp;
    int listeners; // where the filter's listener goes; -1: no rule notifies
    const char* cwd;
    // cwd was asked for by name: another will not do.
    bool cwdAsked;
    int stdio[3];
    bool insideMounts; // its /dev/null is the container's
    int enterFd;       // sealed memfd
    char* const* argv;
    char* const* environment;
    int report; // a step that failed is written here; tlxc-enter gets it
};

// The steps that can fail, in their order.
enum class AttachStep : int {
    cgroup,
    core,
    limits,
    apparmor,
    selinux,
    namespaces,
    personality,
    groups,
    gid,
    uid,
    keyring,
    capabilities,
    privileges,
    cwd,
    stdio,
    null,
    descriptors,
    seccomp,
    listener,
    exec
};

struct AttachReport {
    AttachStep step;
    int err;
    int which; // index of the v1 group, number of the descriptor
};

// The child's whole life.
[[noreturn]] void attach_child(AttachChild& child);

// Forks it and waits until the command's process exists (the pid, the caller's to reap) or a step has failed.
[[nodiscard]] Result<pid_t> start_attach(AttachChild& child);

} // namespace tlxc
