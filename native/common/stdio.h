// What a child does between fork and exec. Only system calls: after vfork it shares its parent's memory, and
// after fork another thread may have held any lock.
#pragma once

namespace tlxc {

// What the caller ignores (nohup, trap ''), from now on, here and in the programs that this process becomes.
// Node resets every signal when it starts; bin/run.js knows what was before.
void ignore_signal(int signal);
bool is_ignored(int signal);

// Every signal to its default action, none blocked; but those of ignore_signal where a program takes our
// place.
enum class Ignored : bool { reset, kept };
void reset_signals(Ignored ignored);

// Survives exec, and blocks as programs expect: libuv makes pipes and terminals non-blocking.
void make_inheritable(int fd);

// Makes sources[i] descriptor i for i < count (at most 8), whatever their numbers are. errno is set when
// false.
[[nodiscard]] bool place_descriptors(const int* sources, int count);

} // namespace tlxc
