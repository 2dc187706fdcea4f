// For root: who else has a say in what a path leads to. Every configuration file that root reads is asked
// for, with all the directories above it: here, since the same by Node's functions takes a millisecond a
// command.
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "addon/families.h"
#include "addon/js.h"
#include "common/unique_fd.h"

namespace tlxc {
namespace {

// The kernel's own limit.
constexpr int kMostLinks = 40;

struct Stranger {
    std::optional<uid_t> uid; // none: anybody
    std::string path;
};

// Whether it is not root alone who can exchange what lies there. Root's group is none but root's: container
// directories are 0770. In a directory with the sticky bit each has what is their own.
bool is_strange(const struct stat& status) {
    if (status.st_uid != 0)
        return true;
    const bool isShared =
        (status.st_mode & S_IWOTH) != 0 || ((status.st_mode & S_IWGRP) != 0 && status.st_gid != 0);
    return S_ISDIR(status.st_mode) && isShared && (status.st_mode & S_ISVTX) == 0;
}

// The words of a path still to be gone, the next one last.
class Way {
  public:
    explicit Way(std::string_view path) { go(path); }
    // Before all that is still to be gone.
    void go(std::string_view path) {
        for (size_t end = path.size();;) {
            const size_t slash = end == 0 ? std::string_view::npos : path.rfind('/', end - 1);
            const size_t begin = slash == std::string_view::npos ? 0 : slash + 1;
            words_.emplace_back(path.substr(begin, end - begin));
            if (slash == std::string_view::npos)
                return;
            end = slash;
        }
    }
    [[nodiscard]] bool is_at_end() const { return words_.empty(); }
    std::string next() {
        auto word = std::move(words_.back());
        words_.pop_back();
        return word;
    }
    [[nodiscard]] std::string from(std::string place) const {
        for (auto word = words_.rbegin(); word != words_.rend(); ++word)
            place += "/" + *word;
        return place;
    }

  private:
    std::vector<std::string> words_;
};

// A link's; as long as one can be.
std::string target_of(int link) {
    std::string target(PATH_MAX, '\0');
    const ssize_t size = ::readlinkat(link, "", target.data(), target.size());
    target.resize(size < 0 ? 0 : static_cast<size_t>(size));
    return target;
}

constexpr int kLooking = O_PATH | O_NOFOLLOW | O_CLOEXEC;

// As a directory first: what is mounted only when somebody goes there (automount) is not by a look at it.
UniqueFd look(int at, const std::string& word) {
    UniqueFd found{::openat(at, word.c_str(), kLooking | O_DIRECTORY)};
    if (!found && (errno == ENOTDIR || errno == ELOOP))
        found.reset(::openat(at, word.c_str(), kLooking));
    return found;
}

// The first on the way to the file, or at the file itself. It is gone from directory to directory, by
// descriptors; links are followed as the kernel does. What is not there, whoever opens it tells; where it
// cannot be seen what is there, it is anybody's.
std::optional<Stranger> stranger_on(std::string_view path) {
    Way way(path);
    std::string place; // "" is the root
    UniqueFd at{::open("/", kLooking | O_DIRECTORY)};
    for (int links = 0; at && !way.is_at_end();) {
        const auto word = way.next();
        if (word.empty() || word == ".")
            continue;
        UniqueFd next = look(at.get(), word);
        if (!next && (errno == ENOENT || errno == ENOTDIR))
            return std::nullopt;
        const bool isUp = word == "..";
        auto there = isUp ? place.substr(0, place.empty() ? 0 : place.rfind('/')) : place + "/" + word;
        struct stat status {};
        if (!next || ::fstat(next.get(), &status) != 0)
            return Stranger{std::nullopt, way.from(std::move(there))};
        // The root is root's, and what is above a directory of root's has been looked at.
        if (!isUp && is_strange(status))
            return Stranger{status.st_uid != 0 ? std::optional{status.st_uid} : std::nullopt,
                            way.from(std::move(there))};
        if (!S_ISLNK(status.st_mode)) {
            place = std::move(there);
            at = std::move(next);
            continue;
        }
        // All of them root's; whoever opens it is told that they are too many.
        if (++links > kMostLinks)
            return std::nullopt;
        const auto target = target_of(next.get());
        if (target.empty())
            return Stranger{std::nullopt, way.from(std::move(there))};
        if (target.starts_with('/')) {
            place.clear();
            at = UniqueFd{::open("/", kLooking | O_DIRECTORY)};
        }
        way.go(target);
    }
    return at ? std::nullopt : std::optional{Stranger{std::nullopt, std::string(path)}};
}

Napi::Value find_stranger(const Napi::CallbackInfo& info) {
    const auto env = info.Env();
    const auto found = stranger_on(js::text(info[0].As<Napi::Object>(), "path"));
    if (!found)
        return env.Null();
    auto out = Napi::Object::New(env);
    if (found->uid)
        out.Set("uid", *found->uid);
    else
        out.Set("uid", env.Null());
    out.Set("path", found->path);
    return out;
}

} // namespace

void export_strangers(Napi::Env env, Napi::Object exports) {
    exports.Set("strangerOn", Napi::Function::New(env, find_stranger));
}

} // namespace tlxc
