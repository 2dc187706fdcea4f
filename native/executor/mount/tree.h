// The container's file tree: the plan's steps (filesystems, binds, masks, nodes, links), done one after the
// other below the descriptor of the container's root.
#pragma once
#include "executor/handshake.h"
#include "executor/mount/resolve.h"

namespace tlxc {

class Tree {
  public:
    // prepared: the mounts that the monitor took from the host, in the order of their steps.
    Tree(const plan::StartPlan& plan, resolve::Root& root, std::vector<handshake::PreparedMount> prepared)
        : plan_(plan), root_(root), prepared_(std::move(prepared)) {}

    // The three lists of the plan, each once and in this order.
    [[nodiscard]] Status make_tree() { return perform(plan_.tree); }
    [[nodiscard]] Status make_devices() { return perform(plan_.devices); }
    [[nodiscard]] Status protect();
    // Once all mounts have become shared: those that are to be otherwise.
    [[nodiscard]] Status settle();

  private:
    [[nodiscard]] Status perform(const std::vector<plan::TreeStep>& steps);
    [[nodiscard]] Status perform(const plan::MountFilesystem& step);
    [[nodiscard]] Status perform(const plan::MountBind& step);
    [[nodiscard]] Status perform(const plan::MountRemount& step);
    [[nodiscard]] Status perform(const plan::MountMask& step);
    [[nodiscard]] Status perform(const plan::MountReadonly& step);
    [[nodiscard]] Status perform(const plan::MountBootId& step);
    [[nodiscard]] Status perform(const plan::MountCredentials& step);
    [[nodiscard]] Status perform(const plan::MakeDirectory& step);
    [[nodiscard]] Status perform(const plan::MakeSymlink& step);
    [[nodiscard]] Status perform(const plan::MakeDevice& step);
    [[nodiscard]] Status perform(const plan::GiveDevice& step);
    [[nodiscard]] Status make_node(const plan::MakeDevice& step);
    [[nodiscard]] Status make_node(const plan::GiveDevice& step);
    [[nodiscard]] Status settle_later(const UniqueFd& mount, const std::string& propagation,
                                      const std::string& target, const plan::Origin& origin);
    [[nodiscard]] UniqueFd take_prepared();
    [[nodiscard]] Result<UniqueFd> clone_below(const plan::MountBind& step);

    struct Unsettled {
        UniqueFd mount;
        std::string propagation;
        const std::string& target;
        const plan::Origin& origin;
    };

    const plan::StartPlan& plan_;
    resolve::Root& root_;
    std::vector<handshake::PreparedMount> prepared_;
    size_t nextPrepared_ = 0;
    std::vector<Unsettled> unsettled_;
    int64_t number_ = 0; // of the step being performed, through all lists
    UniqueFd empties_;   // what masks and the boot id are clones of; attached until protect is done
};

} // namespace tlxc
