// Project quotas of ext4 and xfs, which count what lies in a directory tree. The directories are those of
// containers: root's own, opened without following a link in their last part, and the limits are changed by
// descriptor, so that no device has to be found for a path.
#include <fcntl.h>
#include <linux/dqblk_xfs.h>
#include <linux/fs.h>
#include <linux/quota.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "addon/families.h"
#include "addon/js.h"
#include "common/unique_fd.h"

namespace tlxc {
namespace {

constexpr const char* kStep = "project";
// What if_dqblk counts limits in.
constexpr uint64_t kUnit = 1024;

Result<UniqueFd> open_directory(const std::string& path) {
    UniqueFd fd{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!fd)
        return syscall_failure(kStep, "open", path);
    return fd;
}

// Of the filesystem that the descriptor lies on. Linux 5.14 has it.
bool quota(int fd, unsigned command, uint32_t id, void* data) {
    return syscall(SYS_quotactl_fd, fd, QCMD(command, PRJQUOTA), id, data) == 0;
}

// Whether limits are kept, not only counted.
Result<bool> enforces(int fd) {
    fs_quota_statv state{.qs_version = FS_QSTATV_VERSION1};
    if (!quota(fd, Q_XGETQSTATV, 0, &state))
        return syscall_failure(kStep, "quotactl_fd");
    return (state.qs_flags & FS_QUOTA_PDQ_ENFD) != 0;
}

Result<fsxattr> attributes_of(int fd) {
    fsxattr attributes{};
    if (ioctl(fd, FS_IOC_FSGETXATTR, &attributes) != 0)
        return syscall_failure(kStep, "FS_IOC_FSGETXATTR");
    return attributes;
}

Result<if_dqblk> account_of(int fd, uint32_t id) {
    if_dqblk account{};
    if (!quota(fd, Q_GETQUOTA, id, &account))
        return syscall_failure(kStep, "quotactl_fd");
    return account;
}

Status state(const Napi::Object& options, Napi::Object& out) {
    const UniqueFd fd = TRY(open_directory(js::text(options, "path")));
    const fsxattr attributes = TRY(attributes_of(fd.get()));
    const bool inherits = (attributes.fsx_xflags & FS_XFLAG_PROJINHERIT) != 0;
    out.Set("id", inherits ? attributes.fsx_projid : 0U);
    out.Set("enforced", TRY(enforces(fd.get())));
    return {};
}

Status account(const Napi::Object& options, Napi::Object& out) {
    const UniqueFd fd = TRY(open_directory(js::text(options, "path")));
    const if_dqblk account = TRY(account_of(fd.get(), js::id(options, "id")));
    out.Set("bytes", static_cast<double>(account.dqb_curspace));
    out.Set("files", static_cast<double>(account.dqb_curinodes));
    out.Set("limit", static_cast<double>(account.dqb_bhardlimit * kUnit));
    return {};
}

Status join(const Napi::Object& options, Napi::Object&) {
    const UniqueFd fd = TRY(open_directory(js::text(options, "path")));
    fsxattr attributes = TRY(attributes_of(fd.get()));
    attributes.fsx_projid = js::id(options, "id");
    attributes.fsx_xflags |= FS_XFLAG_PROJINHERIT;
    if (ioctl(fd.get(), FS_IOC_FSSETXATTR, &attributes) != 0)
        return syscall_failure(kStep, "FS_IOC_FSSETXATTR");
    return {};
}

Status limit(const Napi::Object& options, Napi::Object&) {
    const UniqueFd fd = TRY(open_directory(js::text(options, "path")));
    const auto bytes = static_cast<uint64_t>(options.Get("bytes").ToNumber().Int64Value());
    if_dqblk limits{.dqb_bhardlimit = (bytes + kUnit - 1) / kUnit, .dqb_valid = QIF_BLIMITS};
    if (!quota(fd.get(), Q_SETQUOTA, js::id(options, "id"), &limits))
        return syscall_failure(kStep, "quotactl_fd");
    return {};
}

template <Status (*Action)(const Napi::Object&, Napi::Object&)>
Napi::Value answer(const Napi::CallbackInfo& info) {
    auto out = Napi::Object::New(info.Env());
    const Status status = Action(info[0].As<Napi::Object>(), out);
    return status.ok() ? out : js::failure(info.Env(), status.failure());
}

} // namespace

void export_projects(Napi::Env env, Napi::Object exports) {
    exports.Set("projectState", Napi::Function::New(env, answer<state>));
    exports.Set("projectAccount", Napi::Function::New(env, answer<account>));
    exports.Set("joinProject", Napi::Function::New(env, answer<join>));
    exports.Set("limitProject", Napi::Function::New(env, answer<limit>));
}

} // namespace tlxc
