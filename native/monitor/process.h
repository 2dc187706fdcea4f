// The monitor as a process: its standard streams, OOM score; and what /proc says of init.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <string>

#include "common/result.h"

namespace tlxc::process {

// Leaves the caller's session and gives up its standard streams: input from /dev/null, output to out, -1:
// /dev/null.
[[nodiscard]] Status detach(int out);
// A mount namespace of its own: the host's mounts come in, none goes out.
[[nodiscard]] Status leave_mounts();
// Takes that back.
void return_to_mounts();
// The score as text ("0"); "" where it cannot be read.
[[nodiscard]] std::string oom_score();
// Without the privilege for it nothing changes.
void set_oom_score(const std::string& score);
// CLOCK_BOOTTIME.
[[nodiscard]] int64_t since_boot_ms();
// When the process began, in clock ticks since boot (field 22 of /proc/PID/stat): tells it from a later one
// of its pid.
[[nodiscard]] std::string start_time(pid_t pid);
[[nodiscard]] std::string boot_id();
// Whether the process has the signal blocked, as systemd has those that it reads by signalfd.
[[nodiscard]] bool blocks(pid_t pid, int signal);

// In how many of the PID namespaces that /proc shows it has a number: its own and those above. 0: it is gone.
[[nodiscard]] size_t depth(pid_t pid);

} // namespace tlxc::process
