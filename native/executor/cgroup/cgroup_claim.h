// Making control groups, and making sure that one is nobody else's.
#pragma once
#include <string>
#include <string_view>
#include <utility>

#include "common/unique_fd.h"
#include "plan/plan.gen.h"

namespace tlxc::cgroup {

// "a/b/c" as "a/b" and "c".
[[nodiscard]] std::pair<std::string, std::string> split_last(const std::string& group);

enum class Controllers { HandDown, LeaveAlone };

// mkdir -p below the mount point: the group's descriptor, or none with errno set. Controllers are enabled in
// every ancestor, not in the group itself.
[[nodiscard]] UniqueFd make_group(const plan::CgroupHierarchy& hierarchy, std::string_view group,
                                  Controllers controllers);
// The same below a group that is open already.
[[nodiscard]] UniqueFd make_below(const plan::CgroupHierarchy& hierarchy, int above, std::string_view group,
                                  Controllers controllers);

enum class Claim { Ours, InUse, Exists, Failed };
// What becomes of a group that is there already. Who holds the flock on it owns it: a monitor holds it for
// life, so one that can be locked and has nobody inside was left behind. Under a name of our own choice it is
// removed and made anew; one that the configuration names may be the administrator's, and stays.
enum class Leftover { Replace, Keep };

// Makes the limit group, new and empty.
[[nodiscard]] Claim claim(const plan::CgroupHierarchy& hierarchy, const std::string& group, Leftover leftover,
                          UniqueFd& owner);

// Whether owner, as claim gave it, still is the group of that name.
[[nodiscard]] bool is_held(const std::string& mountPoint, const std::string& group, const UniqueFd& owner);

} // namespace tlxc::cgroup
