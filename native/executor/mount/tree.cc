#include "executor/mount/tree.h"

#include <fcntl.h>

#include "executor/mount/mount_api.h"
#include "executor/mount/resolve.h"

namespace tlxc {
namespace {

const char* step_name(const plan::MountFilesystem&) {
    return "mount";
}
const char* step_name(const plan::MountBind&) {
    return "mount";
}
const char* step_name(const plan::MountRemount&) {
    return "remount";
}
const char* step_name(const plan::MountMask&) {
    return "mask";
}
const char* step_name(const plan::MountReadonly&) {
    return "readonly";
}
const char* step_name(const plan::MountBootId&) {
    return "boot-id";
}
const char* step_name(const plan::MountCredentials&) {
    return "credentials";
}
const char* step_name(const plan::MakeDirectory&) {
    return "directory";
}
const char* step_name(const plan::MakeSymlink&) {
    return "symlink";
}
const char* step_name(const plan::MakeDevice&) {
    return "device";
}
const char* step_name(const plan::GiveDevice&) {
    return "device";
}

bool is_optional(const plan::MountFilesystem& step) {
    return step.optional;
}
bool is_optional(const plan::MountBind& step) {
    return step.optional;
}
bool is_optional(const plan::MountRemount& step) {
    return step.optional;
}
template <typename Step> bool is_optional(const Step&) {
    return false;
}

} // namespace

Status Tree::perform(const std::vector<plan::TreeStep>& steps) {
    for (const auto& each : steps) {
        Status status = std::visit(
            [this](const auto& step) -> Status {
                Status done = perform(step);
                if (done.ok() || is_optional(step))
                    return {};
                Failure& failure = done.failure();
                failure.step = step_name(step);
                failure.path = resolve::shown(plan_, step.target);
                return at(std::move(failure), step.origin);
            },
            each);
        if (!status.ok())
            return status;
        ++number_;
    }
    return {};
}

Status Tree::perform(const plan::MountFilesystem& step) {
    const UniqueFd target = TRY(root_.find_or_make(step.target, step.create));
    UniqueFd mount = step.byMonitor
                         ? take_prepared()
                         : TRY(mount_api::make({step.fstype, step.source, step.options, step.attributes}));
    if (!mount)
        return {};
    TRY(mount_api::attach(mount.get(), target.get()));
    TRY(settle_later(mount, step.lastPropagation, step.target, step.origin));
    root_.remember(step.target, std::move(mount));
    return {};
}

Status Tree::perform(const plan::MountBind& step) {
    UniqueFd mount = step.sourceIn == plan::SourceIn::Host ? take_prepared() : TRY(clone_below(step));
    if (!mount)
        return {}; // its source does not exist, and it may be so
    const UniqueFd target = TRY(root_.find_or_make(step.target, step.create));
    TRY(mount_api::attach(mount.get(), target.get()));
    TRY(settle_later(mount, step.lastPropagation, step.target, step.origin));
    root_.remember(step.target, std::move(mount));
    return {};
}

Status Tree::perform(const plan::MountRemount& step) {
    const UniqueFd target = TRY(root_.find(step.target));
    if (!step.options.empty())
        TRY(mount_api::reconfigure(target.get(), step.options));
    return mount_api::set_attributes(target.get(), step.attributes);
}

Status Tree::settle_later(const UniqueFd& mount, const std::string& propagation, const std::string& target,
                          const plan::Origin& origin) {
    if (propagation.empty())
        return {};
    UniqueFd copy{fcntl(mount.get(), F_DUPFD_CLOEXEC, 3)};
    if (!copy)
        return syscall_failure("mount", "fcntl");
    unsettled_.push_back({std::move(copy), propagation, target, origin});
    return {};
}

Status Tree::settle() {
    for (const auto& each : unsettled_) {
        Status done = mount_api::set_propagation(each.mount.get(), each.propagation);
        if (done.ok())
            continue;
        done.failure().path = resolve::shown(plan_, each.target);
        return at(std::move(done.failure()), each.origin);
    }
    return {};
}

UniqueFd Tree::take_prepared() {
    while (nextPrepared_ < prepared_.size() && prepared_[nextPrepared_].step < number_)
        ++nextPrepared_;
    if (nextPrepared_ == prepared_.size() || prepared_[nextPrepared_].step != number_)
        return {};
    return std::move(prepared_[nextPrepared_++].mount);
}

Result<UniqueFd> Tree::clone_below(const plan::MountBind& step) {
    UniqueFd mount = TRY(root_.find(step.source));
    if (!step.moves)
        mount = TRY(mount_api::clone(mount.get(), "",
                                     step.recursive ? mount_api::Depth::Tree : mount_api::Depth::Top));
    if (!step.propagation.empty())
        TRY(mount_api::set_propagation(mount.get(), step.propagation));
    TRY(mount_api::set_attributes(mount.get(), step.attributes));
    return mount;
}

} // namespace tlxc
