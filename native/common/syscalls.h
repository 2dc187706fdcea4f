// System calls that the C library has no wrapper for.
#pragma once
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstdint>

namespace tlxc::sys {

inline int openat2(int dir, const char* path, uint64_t flags, uint64_t resolve) {
    open_how how{};
    how.flags = flags | O_CLOEXEC;
    how.resolve = resolve;
    return static_cast<int>(::syscall(SYS_openat2, dir, path, &how, sizeof how));
}

// Returns twice, like fork: no stack is given, so the child goes on with a copy of the caller's memory.
inline pid_t clone3(const clone_args& arguments) {
    return static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
}

// The C library's header declares it without C linkage, so C++ cannot link it.
inline int pidfd_send_signal(int pidfd, int signal) {
    return static_cast<int>(::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0));
}

inline int pidfd_open(pid_t pid) {
    return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}

inline int pivot_root(const char* newRoot, const char* oldRoot) {
    return static_cast<int>(::syscall(SYS_pivot_root, newRoot, oldRoot));
}

} // namespace tlxc::sys
