// What the monitor needs to have a command born in its own container, as tlxc-attach does it by default: the
// same groups, namespaces and restrictions, and none of the caller's privileges.
#pragma once
#include <string>
#include <vector>

#include "attach/child.h"
#include "common/unique_fd.h"
#include "executor/running.h"

namespace tlxc {

class Entrance {
  public:
    // running: of the plan's container; listeners: of its notifier, -1 without one. All are borrowed.
    Entrance(const plan::StartPlan& plan, const Running& running, int listeners)
        : plan_(plan), running_(running), listeners_(listeners) {}
    // Starts the health command with these descriptors; its pid is the caller's to reap.
    [[nodiscard]] Result<pid_t> start(int input, int output);

  private:
    [[nodiscard]] Status take_limits();
    [[nodiscard]] Status take_capabilities();
    [[nodiscard]] Status take_groups();
    void take_user();
    void take_words();

    const plan::StartPlan& plan_;
    const Running& running_;
    int listeners_;
    std::vector<std::string> tasks_, words_;
    std::vector<gid_t> groups_;
    std::vector<ProcessLimit> limits_;
    std::vector<sock_filter> filter_;
    std::string leafPath_, profile_;
    UniqueFd leaf_;
    AttachChild child_{};
};

} // namespace tlxc
