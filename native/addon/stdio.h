// What a child does between fork and exec. Only system calls: after vfork it shares its parent's memory, and
// after fork another thread may have held any lock.
#pragma once

namespace tlxc {

// Every signal to its default action, none blocked.
void reset_signals();

// Survives exec, and blocks as programs expect: libuv makes pipes and terminals non-blocking.
void make_inheritable(int fd);

// Makes sources[i] descriptor i for i < count (at most 8), whatever their numbers are. errno is set when
// false.
[[nodiscard]] bool place_descriptors(const int* sources, int count);

} // namespace tlxc
