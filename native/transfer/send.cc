#include "transfer/send.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <climits>
#include <memory>

#include "common/split_path.h"
#include "transfer/climb.h"

namespace tlxc::transfer {
namespace {

constexpr size_t kPart = 256 * 1024;

Entry entry_of(const std::string& name, const struct stat& file) {
    const mode_t bits = S_ISDIR(file.st_mode) ? kDirectoryMode : kFileMode;
    return {{file.st_mode & bits, file.st_uid, file.st_gid, static_cast<uint32_t>(file.st_mtim.tv_nsec),
             file.st_mtim.tv_sec},
            name,
            {}};
}

class Sender {
  public:
    Sender(const Tree& tree, FrameWriter& out, const Sending& sending)
        : tree_(tree), out_(out), sending_(sending), part_(kPart) {}

    Status source(const std::string& path) {
        if (path == "-")
            return standard_input();
        UniqueFd found = TRY(tree_.find(path));
        struct stat file {};
        if (fstat(found.get(), &file) != 0)
            return syscall_failure(kStep, "fstat", path);
        const std::string last = split_path(path).second;
        const std::string name = is_entry_name(last) ? last : "";
        if (S_ISREG(file.st_mode))
            return regular(found.get(), entry_of(name, file), path);
        if (!S_ISDIR(file.st_mode))
            return refusal(kStep, "special", path);
        if (!sending_.recursive)
            return refusal(kStep, "tree", path);
        path_ = path;
        const UniqueFd done = TRY(directory(std::move(found), entry_of(name, file)));
        return {};
    }

  private:
    Status standard_input() {
        TRY(out_.entry(Kind::File, {}));
        TRY(bytes_of(STDIN_FILENO, INT64_MAX, "-"));
        return out_.mark(Kind::EndOfFile);
    }

    Status regular(int found, const Entry& entry, const std::string& path) {
        const UniqueFd file = tree_.reopen(found, O_RDONLY | O_NONBLOCK);
        if (!file)
            return syscall_failure(kStep, "open", path);
        TRY(out_.entry(Kind::File, entry));
        TRY(content(file.get(), path));
        return out_.mark(Kind::EndOfFile);
    }

    // Files of the kernel's have content and no size; of others, what is a hole is told as one.
    Status content(int file, const std::string& path) {
        struct stat now {};
        if (fstat(file, &now) != 0)
            return syscall_failure(kStep, "fstat", path);
        if (now.st_size == 0 || now.st_blocks * 512 >= now.st_size)
            return bytes_of(file, INT64_MAX, path);
        off_t at = 0;
        while (at < now.st_size) {
            off_t data = lseek(file, at, SEEK_DATA);
            if (data < 0 && errno != ENXIO)
                return bytes_of(file, INT64_MAX, path); // a filesystem that tells of no holes
            if (data < 0)
                data = now.st_size;
            if (data > at)
                TRY(out_.hole(data - at));
            at = data;
            if (at >= now.st_size)
                break;
            const off_t end = lseek(file, at, SEEK_HOLE);
            if (end < 0 || lseek(file, at, SEEK_SET) < 0)
                return syscall_failure(kStep, "lseek", path);
            TRY(bytes_of(file, end - at, path));
            at = end;
        }
        return {};
    }

    Status bytes_of(int file, int64_t count, const std::string& path) {
        while (count > 0) {
            const auto wanted = static_cast<size_t>(std::min<int64_t>(count, kPart));
            const ssize_t size = read(file, part_.data(), wanted);
            if (size < 0 && errno == EINTR)
                continue;
            if (size < 0)
                return syscall_failure(kStep, "read", path);
            if (size == 0)
                return {};
            TRY(out_.data({part_.data(), static_cast<size_t>(size)}));
            count -= size;
        }
        return {};
    }

    // The directory that path_ names. It is given back: by it the one above is found again.
    Result<UniqueFd> directory(UniqueFd found, const Entry& entry) {
        if (depth_ == kDeepest)
            return refusal(kStep, "too deep", path_);
        UniqueFd opened = tree_.reopen(found.get(), O_RDONLY | O_DIRECTORY);
        if (!opened)
            return syscall_failure(kStep, "open", path_);
        found.reset();
        const auto names = TRY(names_in(opened.get()));
        TRY(out_.entry(Kind::Directory, entry));
        ++depth_;
        const size_t length = path_.size();
        for (const std::string& name : names) {
            path_ += "/" + name;
            TRY(member(opened, name));
            path_.resize(length);
        }
        --depth_;
        TRY(out_.mark(Kind::Up));
        return opened;
    }

    // All of them at once: the directory may be closed before what they name is copied.
    Result<std::vector<std::string>> names_in(int directory) {
        UniqueFd own{dup(directory)};
        const std::unique_ptr<DIR, int (*)(DIR*)> listing{fdopendir(own.get()), closedir};
        if (!listing)
            return syscall_failure(kStep, "fdopendir", path_);
        (void)own.release(); // closed with the listing
        std::vector<std::string> names;
        errno = 0;
        while (const dirent* each = readdir(listing.get())) {
            if (is_entry_name(each->d_name))
                names.emplace_back(each->d_name);
            errno = 0;
        }
        if (errno != 0)
            return syscall_failure(kStep, "readdir", path_);
        return names;
    }

    // The directory that path_ names, in another, which is closed meanwhile where many are open.
    Status below(UniqueFd& directory, UniqueFd found, const Entry& entry) {
        if (depth_ <= kHeld) {
            const UniqueFd done = TRY(this->directory(std::move(found), entry));
            return {};
        }
        const Identity above = TRY(identity_of(directory.get(), path_));
        directory.reset();
        const UniqueFd done = TRY(this->directory(std::move(found), entry));
        directory = TRY(climb(done.get(), above, O_RDONLY, path_));
        return {};
    }

    // What path_ names.
    Status member(UniqueFd& directory, const std::string& name) {
        UniqueFd found{openat(directory.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC)};
        if (!found && errno == ENOENT)
            return {}; // gone since it was listed
        struct stat file {};
        if (!found || fstat(found.get(), &file) != 0)
            return syscall_failure(kStep, "openat", path_);
        if (S_ISDIR(file.st_mode)) {
            if (!is_mount(found.get()))
                return below(directory, std::move(found), entry_of(name, file));
            sending_.warn(refusal(kStep, "mount", path_));
            return {};
        }
        if (S_ISREG(file.st_mode))
            return regular(found.get(), entry_of(name, file), path_);
        if (S_ISLNK(file.st_mode))
            return link(found.get(), entry_of(name, file), path_);
        sending_.warn(refusal(kStep, "special", path_));
        return {};
    }

    static bool is_mount(int found) {
        struct statx info {};
        return statx(found, "", AT_EMPTY_PATH, STATX_TYPE, &info) == 0 &&
               (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
    }

    Status link(int found, Entry entry, const std::string& path) {
        entry.target.resize(PATH_MAX);
        const ssize_t size = readlinkat(found, "", entry.target.data(), entry.target.size());
        if (size < 0)
            return syscall_failure(kStep, "readlinkat", path);
        entry.target.resize(static_cast<size_t>(size));
        return out_.entry(Kind::Link, entry);
    }

    const Tree& tree_;
    FrameWriter& out_;
    const Sending& sending_;
    std::vector<char> part_;
    // One for all levels: whoever fills a tree decides how long their names are together.
    std::string path_;
    size_t depth_ = 0;
};

} // namespace

Status send(const Tree& tree, FrameWriter& out, const Sending& sending) {
    Sender sender(tree, out, sending);
    for (const auto& path : sending.paths)
        TRY(sender.source(path));
    return out.mark(Kind::Done);
}

} // namespace tlxc::transfer
