// Opening files whose names somebody else has chosen, when this process could open all: with that user's
// rights, or by a way without links.
#include <fcntl.h>
#include <grp.h>
#include <linux/openat2.h>
#include <poll.h>
#include <pwd.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "addon/aside.h"
#include "addon/families.h"
#include "addon/js.h"
#include "common/deadline.h"

namespace tlxc {
namespace {

// A service of the network that knows users has so long to answer.
constexpr int kPatienceMs = 5'000;
constexpr int kImpatienceMs = 500;
constexpr int kSilenceMs = 60'000;
constexpr gid_t kNoGroup = 65534;
// Neither waits for a FIFO's writer nor takes a terminal for its own.
constexpr int kReading = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

// A user's groups, its own first. One that nobody knows is in none.
std::vector<gid_t> ask_for_groups(uid_t uid) {
    std::vector<char> text(256 * 1024);
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwuid_r(uid, &entry, text.data(), text.size(), &found) != 0 || found == nullptr)
        return {kNoGroup};
    int count = 256;
    std::vector<gid_t> groups(static_cast<size_t>(count));
    if (::getgrouplist(found->pw_name, found->pw_gid, groups.data(), &count) < 0)
        return {found->pw_gid};
    groups.resize(static_cast<size_t>(count));
    std::iter_swap(groups.begin(), std::find(groups.begin(), groups.end(), found->pw_gid));
    return groups;
}

bool wait_for(const UniqueFd& done, int milliseconds) {
    const Deadline deadline{milliseconds};
    pollfd waiting{.fd = done.get(), .events = POLLIN, .revents = 0};
    while (::poll(&waiting, 1, deadline.left()) < 0 && errno == EINTR)
        continue;
    return waiting.revents != 0;
}

struct Groups {
    std::vector<gid_t> all; // empty: not known, and why not
    int err = 0;
};

// Each user is asked for once. One that nothing answered for is not asked for again in a while, and others
// after it get little time, so that a command which reads many files does not wait for each.
Groups groups_of(uid_t uid) {
    static std::map<uid_t, std::vector<gid_t>> known;
    static std::map<uid_t, Deadline> silent;
    if (const auto found = known.find(uid); found != known.end())
        return {.all = found->second};
    std::erase_if(silent, [](const auto& each) { return each.second.left() == 0; });
    if (silent.contains(uid))
        return {.err = ETIMEDOUT};
    const auto answer = std::make_shared<std::vector<gid_t>>();
    const auto done = begin_aside([uid, answer] { *answer = ask_for_groups(uid); });
    if (!done)
        return {.err = EAGAIN};
    if (wait_for(*done, silent.empty() ? kPatienceMs : kImpatienceMs))
        return {.all = known.emplace(uid, *answer).first->second};
    silent.emplace(uid, kSilenceMs);
    return {.err = ETIMEDOUT};
}

// This thread alone looks at files as somebody else, without the capabilities that pass over permissions.
// By system calls: the C library would change the groups of all threads, which none of the others may notice.
class Guise {
  public:
    explicit Guise(uid_t uid) {
        const auto [theirs, unknown] = groups_of(uid);
        groups_.resize(static_cast<size_t>(std::max(0, ::getgroups(0, nullptr))));
        if (::getgroups(static_cast<int>(groups_.size()), groups_.data()) < 0)
            return;
        if (theirs.empty()) {
            err_ = unknown;
            return;
        }
        if (!set_groups(theirs))
            return;
        ::setfsgid(theirs.front());
        ::setfsuid(uid);
        if (::setfsuid(static_cast<uid_t>(-1)) == static_cast<int>(uid) &&
            ::setfsgid(static_cast<gid_t>(-1)) == static_cast<int>(theirs.front()))
            err_ = 0;
    }
    ~Guise() {
        ::setfsuid(::geteuid());
        ::setfsgid(::getegid());
        // A thread without its groups may do less than it should, never more.
        (void)set_groups(groups_);
    }
    Guise(const Guise&) = delete;
    Guise& operator=(const Guise&) = delete;
    // 0: it is worn; else why not.
    [[nodiscard]] int err() const { return err_; }

  private:
    static bool set_groups(const std::vector<gid_t>& groups) {
        return ::syscall(SYS_setgroups, groups.size(), groups.data()) == 0;
    }

    std::vector<gid_t> groups_;
    int err_ = EPERM;
};

Napi::Value open_as(const Napi::CallbackInfo& info) {
    const auto options = info[0].As<Napi::Object>();
    const auto path = js::text(options, "path");
    int fd = -1;
    int error = 0;
    if (const Guise guise(js::id(options, "uid")); guise.err() != 0) {
        error = guise.err();
    } else {
        fd = ::open(path.c_str(), kReading);
        error = errno;
    }
    if (fd < 0)
        return js::failure(info.Env(), {.step = "open", .syscall = "open", .err = error, .path = path});
    return Napi::Number::New(info.Env(), fd);
}

Napi::Value open_without_links(const Napi::CallbackInfo& info) {
    const auto path = js::text(info[0].As<Napi::Object>(), "path");
    const open_how how{.flags = kReading, .mode = 0, .resolve = RESOLVE_NO_SYMLINKS};
    const int fd = static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how));
    if (fd < 0)
        return js::failure(info.Env(), syscall_failure("open", "openat2", path));
    return Napi::Number::New(info.Env(), fd);
}

} // namespace

void export_open_file(Napi::Env env, Napi::Object exports) {
    exports.Set("openAs", Napi::Function::New(env, open_as));
    exports.Set("openWithoutLinks", Napi::Function::New(env, open_without_links));
}

} // namespace tlxc
