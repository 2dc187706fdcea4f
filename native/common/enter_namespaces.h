// A process of ours in a container that runs: where its files are as it sees them.
#pragma once
#include <grp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/result.h"

namespace tlxc {

// Joins those namespaces (CLONE_NEW*) of the process that init, a pidfd, is of; in a user namespace it
// becomes its root. One thread only. From before the first of them nobody inside may look into this process.
inline Status enter_namespaces(const char* step, int init, int namespaces) {
    if (prctl(PR_SET_DUMPABLE, 0) != 0)
        return syscall_failure(step, "prctl");
    if (setns(init, namespaces) != 0)
        return syscall_failure(step, "setns");
    if ((namespaces & CLONE_NEWUSER) != 0 &&
        (setgroups(0, nullptr) != 0 || setresgid(0, 0, 0) != 0 || setresuid(0, 0, 0) != 0))
        return syscall_failure(step, "setresuid");
    return {};
}

} // namespace tlxc
