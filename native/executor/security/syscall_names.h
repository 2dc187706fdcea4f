// Names of system calls by number, for who reads the kernel's log.
#pragma once

namespace tlxc::syscall_names {

// Prints one line for each ARCH:NUMBER, ARCH being the kernel's AUDIT_ARCH_* in hexadecimal: the name, or
// nothing where libseccomp knows none.
int print(int count, char** pairs);

} // namespace tlxc::syscall_names
