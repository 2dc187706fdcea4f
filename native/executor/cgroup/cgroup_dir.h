// One control group as a directory: opened, made, written and removed relative to its hierarchy's mount
// point, and never beyond it. cgroupfs has no links, but what lies in the container's half is of the
// container's making.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "common/unique_fd.h"

namespace tlxc::cgroup {

// Opens mountPoint/group; none with errno set. group "": the root of the hierarchy.
[[nodiscard]] UniqueFd open_group(const std::string& mountPoint, std::string_view group);
// Writes value with one write(2): the kernel takes a cgroup file's value whole. false with errno set.
[[nodiscard]] bool write_file(int group, const char* file, std::string_view value);
// The file's text without its last newline; "" where it cannot be read.
[[nodiscard]] std::string read_file(int group, const char* file);
// The groups directly below, by name, and one of them; none where it is gone.
[[nodiscard]] std::vector<std::string> child_groups(int group);
[[nodiscard]] UniqueFd open_child(int group, const std::string& name);
// Whether any process is in the group or below it.
[[nodiscard]] bool populated(int group, int version);
// Kills every process in the group and below it; one pass, no waiting.
void kill_all(int group, int version);
// Version 1: sets free what is frozen in the group or in one below it, whoever froze it.
void thaw_all(int group);
// Removes the groups below name, deepest first, then name itself. false with errno set: EBUSY while a process
// is left.
[[nodiscard]] bool remove_tree(int parent, const std::string& name);

} // namespace tlxc::cgroup
