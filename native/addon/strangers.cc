// For root: who else has a say in what a path leads to. Every configuration file that root reads is asked
// for, with all the directories above it: here, since the same by Node's functions takes a millisecond a
// command.
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "addon/families.h"
#include "addon/js.h"

namespace tlxc {
namespace {

// Who may exchange what lies in a directory that a group, or everybody, may write to: anybody.
constexpr uid_t kNobody = 65534;
// The kernel's own limit.
constexpr int kMostLinks = 40;

struct Stranger {
    uid_t uid;
    std::string path;
};

// The user who can exchange what lies there; none: root alone, whose group is none but root's: container
// directories are 0770. In a directory with the sticky bit each has what is their own.
std::optional<uid_t> stranger_in(const struct stat& status) {
    if (status.st_uid != 0)
        return status.st_uid;
    const bool isShared =
        (status.st_mode & S_IWOTH) != 0 || ((status.st_mode & S_IWGRP) != 0 && status.st_gid != 0);
    const bool isOpen = S_ISDIR(status.st_mode) && isShared && (status.st_mode & S_ISVTX) == 0;
    return isOpen ? std::optional{kNobody} : std::nullopt;
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

std::string target_of(const std::string& link) {
    std::string target(PATH_MAX, '\0');
    const ssize_t size = ::readlink(link.c_str(), target.data(), target.size());
    target.resize(size < 0 ? 0 : static_cast<size_t>(size));
    return target;
}

// The first on the way to the file, or at the file itself. Links are followed as the kernel does; what is not
// there, and what the kernel will not follow either, is told by whoever opens it.
std::optional<Stranger> stranger_on(std::string_view path) {
    Way way(path);
    std::string place; // "" is the root
    for (int links = 0; !way.is_at_end();) {
        const auto word = way.next();
        if (word.empty() || word == ".")
            continue;
        if (word == "..") {
            place.resize(place.empty() ? 0 : place.rfind('/'));
            continue;
        }
        auto next = place + "/" + word;
        struct stat status {};
        const bool isThere = ::lstat(next.c_str(), &status) == 0;
        if (const auto uid = isThere ? stranger_in(status) : std::nullopt)
            return Stranger{*uid, way.from(std::move(next))};
        if (!isThere || !S_ISLNK(status.st_mode)) {
            place = std::move(next);
            continue;
        }
        if (++links > kMostLinks)
            return std::nullopt;
        const auto target = target_of(next);
        if (target.starts_with('/'))
            place.clear();
        way.go(target);
    }
    return std::nullopt;
}

Napi::Value find_stranger(const Napi::CallbackInfo& info) {
    const auto env = info.Env();
    const auto found = stranger_on(js::text(info[0].As<Napi::Object>(), "path"));
    if (!found)
        return env.Null();
    auto out = Napi::Object::New(env);
    out.Set("uid", found->uid);
    out.Set("path", found->path);
    return out;
}

} // namespace

void export_strangers(Napi::Env env, Napi::Object exports) {
    exports.Set("strangerOn", Napi::Function::New(env, find_stranger));
}

} // namespace tlxc
