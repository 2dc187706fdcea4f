#include "transfer/receive.h"

#include <fcntl.h>
#include <unistd.h>

#include "common/split_path.h"
#include "transfer/climb.h"
#include "transfer/new_file.h"

namespace tlxc::transfer {
namespace {

constexpr mode_t kUsualMode = 0644;

class Receiver {
  public:
    Receiver(const Tree& tree, FrameReader& in, const Receiving& receiving)
        : tree_(tree), in_(in), receiving_(receiving) {}

    Status all() {
        TRY(settle());
        for (;;) {
            Frame frame = TRY(in_.next());
            switch (frame.kind) {
            case Kind::Done:
                return finish();
            case Kind::Directory:
                TRY(enter(frame.entry));
                break;
            case Kind::Up:
                TRY(leave());
                break;
            case Kind::File:
                TRY(levels_.empty() ? named_file(frame.entry)
                                    : file_in(levels_.back().fd.get(), frame.entry));
                break;
            case Kind::Link:
                TRY(link(frame.entry));
                break;
            default:
                return refusal(kStep, "cut");
            }
        }
    }

  private:
    // An open directory of the tree that is being written.
    struct Level {
        UniqueFd fd;
        bool made;
        Entry entry;
        size_t above;        // how much of path_ names the one that it is in
        Identity identity{}; // of one that is closed

        [[nodiscard]] int flags() const { return made ? O_RDONLY : O_PATH; }
    };

    // Finds out whether the target is a directory that the sources go into.
    Status settle() {
        const std::string& path = receiving_.target;
        auto found = tree_.find(path);
        if (!found.ok() && found.failure().err == ENOENT) {
            if (!receiving_.into) {
                if (receiving_.parents)
                    TRY(tree_.make_directories(split_path(path).first, receiving_.owner));
                return {};
            }
            if (!receiving_.parents)
                return refusal(kStep, "no directory", path);
            found = tree_.make_directories(path, receiving_.owner);
        }
        // The kernel follows no link of somebody else's in a directory like /tmp, and does not say so.
        if (!found.ok() && found.failure().err == EACCES)
            TRY(tree_.place(path));
        struct stat there {};
        if (fstat(TRY(std::move(found)).get(), &there) != 0)
            return syscall_failure(kStep, "fstat", path);
        into_ = S_ISDIR(there.st_mode);
        if (!into_ && receiving_.into)
            return refusal(kStep, "not a directory", path);
        return {};
    }

    // One that the caller named, or put into a directory: a link is followed where it was named.
    Status named_file(const Entry& entry) {
        if (into_ && entry.name.empty())
            return refusal(kStep, "a directory", receiving_.target);
        if (into_ && !is_entry_name(entry.name))
            return refusal(kStep, "cut");
        const std::string& target = receiving_.target;
        const std::string path = into_ ? target + "/" + entry.name : target;
        auto found = into_ ? tree_.place_in(target, entry.name) : tree_.place(target);
        if (!found.ok() && found.failure().err == ENOENT)
            return refusal(kStep, "no directory", found.failure().path);
        const Place place = TRY(std::move(found));
        if (place.exists && !S_ISREG(place.there.st_mode))
            return refusal(kStep, S_ISDIR(place.there.st_mode) ? "a directory" : "special", path);
        return file(place, entry, path);
    }

    // One in a tree: it takes the place of whatever is there, but for a directory.
    Status file_in(int directory, const Entry& entry) {
        if (!is_entry_name(entry.name))
            return refusal(kStep, "cut");
        Place place{UniqueFd{dup(directory)}, entry.name};
        place.exists = fstatat(directory, entry.name.c_str(), &place.there, AT_SYMLINK_NOFOLLOW) == 0 &&
                       S_ISREG(place.there.st_mode);
        return file(place, entry, path_ + "/" + entry.name);
    }

    // What is replaced gives what the entry has not. A right that the file gains by being run is its owner's
    // to give: it does not outlive a change of owner.
    void lend(Entry& entry, const struct stat& there) const {
        entry.head.uid = there.st_uid;
        entry.head.gid = there.st_gid;
        const bool stays = uid_for(entry) == there.st_uid && gid_for(entry) == there.st_gid;
        entry.head.mode = there.st_mode & (stays ? 07777 : kFileMode);
    }

    Status file(const Place& place, const Entry& entry, const std::string& path) {
        NewFile made(place.directory.get());
        TRY(blamed(made.make_file(), path));
        TRY(content(made.fd(), path));
        Entry wanted = receiving_.keep ? Entry{} : entry;
        if (wanted.head.mode != kUnset)
            wanted.head.mode &= kFileMode;
        if (!wanted.has_owner() && place.exists) // a stream, too
            lend(wanted, place.there);
        TRY(give_owner(made.fd(), wanted, path));
        const mode_t given = wanted.head.mode == kUnset ? kUsualMode : wanted.head.mode;
        const mode_t mode = receiving_.mode < 0 ? given : static_cast<mode_t>(receiving_.mode);
        if (fchmod(made.fd(), mode) != 0)
            return syscall_failure(kStep, "fchmod", path);
        TRY(receiving_.keep ? Status{} : give_time(made.fd(), entry, path));
        // A tree is brought to disk as a whole, at its end.
        in_.expect_disk();
        if (levels_.empty() && fsync(made.fd()) != 0)
            return syscall_failure(kStep, "fsync", path);
        TRY(blamed(made.take_name(place.name), path));
        return levels_.empty() ? keep_name(place, path) : Status{};
    }

    [[nodiscard]] Status keep_name(const Place& place, const std::string& path) const {
        const UniqueFd directory = tree_.reopen(place.directory.get(), O_RDONLY | O_DIRECTORY);
        // Who may write a directory need not be able to read it.
        if (directory && fsync(directory.get()) != 0)
            return syscall_failure(kStep, "fsync", path);
        return {};
    }

    Status content(int file, const std::string& path) {
        int64_t end = 0;
        for (;;) {
            const Frame frame = TRY(in_.next());
            if (frame.kind == Kind::EndOfFile)
                break;
            if (frame.kind == Kind::Hole) {
                if (__builtin_add_overflow(end, frame.hole, &end))
                    return refusal(kStep, "cut");
                if (lseek(file, end, SEEK_SET) < 0)
                    return syscall_failure(kStep, "lseek", path);
            } else if (frame.kind != Kind::Data) {
                return refusal(kStep, "cut");
            } else if (!write_all(file, frame.data)) {
                return syscall_failure(kStep, "write", path);
            } else {
                end += static_cast<int64_t>(frame.data.size());
            }
        }
        if (ftruncate(file, end) != 0) // the last part may be a hole
            return syscall_failure(kStep, "ftruncate", path);
        return {};
    }

    // -1, for the kernel as for us: left as it is.
    [[nodiscard]] int64_t uid_for(const Entry& entry) const {
        if (receiving_.owner.uid >= 0)
            return receiving_.owner.uid;
        return (receiving_.owners || receiving_.keep) && entry.has_owner()
                   ? static_cast<int64_t>(entry.head.uid)
                   : -1;
    }
    [[nodiscard]] int64_t gid_for(const Entry& entry) const {
        if (receiving_.owner.gid >= 0)
            return receiving_.owner.gid;
        return (receiving_.owners || receiving_.keep) && entry.has_owner()
                   ? static_cast<int64_t>(entry.head.gid)
                   : -1;
    }

    Status give_owner(int fd, const Entry& entry, const std::string& path) {
        const int64_t uid = uid_for(entry), gid = gid_for(entry);
        if (uid < 0 && gid < 0)
            return {};
        if (fchownat(fd, "", static_cast<uid_t>(uid), static_cast<gid_t>(gid), AT_EMPTY_PATH) == 0)
            return {};
        Failure failure = syscall_failure(kStep, "fchownat", path);
        if (failure.err == EINVAL) // an id that the container's map has not
            failure.detail = std::to_string(uid) + ":" + std::to_string(gid);
        return failure;
    }

    static Status give_time(int fd, const Entry& entry, const std::string& path) {
        if (!entry.has_owner())
            return {};
        const timespec times[] = {{0, UTIME_OMIT}, {entry.head.mtime, entry.head.mtimeNs}};
        if (futimens(fd, times) != 0)
            return syscall_failure(kStep, "futimens", path);
        return {};
    }

    Status enter(const Entry& entry) {
        const bool top = levels_.empty();
        if (top && !into_)
            return refusal(kStep, "not a directory", receiving_.target);
        if (levels_.size() == kDeepest)
            return refusal(kStep, "cut");
        if (top)
            path_ = receiving_.target;
        const size_t above = path_.size();
        if (top && entry.name.empty()) { // "/" or ".": what is in it goes into the target
            levels_.push_back({TRY(tree_.find(path_)), false, entry, above});
            return {};
        }
        if (!is_entry_name(entry.name))
            return refusal(kStep, "cut");
        const UniqueFd base = top ? TRY(tree_.find(path_)) : UniqueFd{dup(levels_.back().fd.get())};
        path_ += "/" + entry.name;
        const bool made = mkdirat(base.get(), entry.name.c_str(), 0700) == 0;
        if (!made && errno != EEXIST)
            return syscall_failure(kStep, "mkdirat", path_);
        Level level{{}, made, entry, above};
        const int flags = level.flags() | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
        level.fd.reset(openat(base.get(), entry.name.c_str(), flags));
        if (!level.fd)
            return syscall_failure(kStep, "openat", path_);
        if (levels_.size() > kHeld)
            TRY(close_innermost());
        levels_.push_back(std::move(level));
        return {};
    }

    Status close_innermost() {
        Level& level = levels_.back();
        level.identity = TRY(identity_of(level.fd.get(), path_));
        level.fd.reset();
        return {};
    }

    // From the one that was left, before that forbids it.
    Status open_innermost(int left) {
        if (levels_.empty() || levels_.back().fd)
            return {};
        Level& level = levels_.back();
        level.fd = TRY(climb(left, level.identity, level.flags(), path_));
        return {};
    }

    // What a directory may forbid it forbids when it is complete; one that was there stays as it is.
    Status leave() {
        if (levels_.empty())
            return refusal(kStep, "cut");
        const Level level = std::move(levels_.back());
        levels_.pop_back();
        TRY(open_innermost(level.fd.get()));
        if (level.made) {
            TRY(give_owner(level.fd.get(), level.entry, path_));
            if (fchmod(level.fd.get(), level.entry.head.mode & kDirectoryMode) != 0)
                return syscall_failure(kStep, "fchmod", path_);
            TRY(give_time(level.fd.get(), level.entry, path_));
        }
        path_.resize(level.above);
        if (levels_.empty())
            last_ = tree_.reopen(level.fd.get(), O_RDONLY | O_DIRECTORY);
        return {};
    }

    Status link(const Entry& entry) {
        if (levels_.empty() || !is_entry_name(entry.name))
            return refusal(kStep, "cut");
        const int directory = levels_.back().fd.get();
        const std::string path = path_ + "/" + entry.name;
        NewFile made(directory);
        TRY(blamed(made.make_link(entry.target), path));
        TRY(give_owner(made.fd(), entry, path));
        return blamed(made.take_name(entry.name), path);
    }

    // The name that it has for now is nothing to tell.
    static Status blamed(Status status, const std::string& path) {
        if (!status.ok())
            status.failure().path = path;
        return status;
    }

    // The filesystem that the last tree went to.
    Status finish() {
        in_.expect_disk();
        if (last_ && syncfs(last_.get()) != 0)
            return syscall_failure(kStep, "syncfs", receiving_.target);
        return {};
    }

    const Tree& tree_;
    FrameReader& in_;
    const Receiving& receiving_;
    std::vector<Level> levels_;
    std::string path_; // of the innermost level: one for all, as long as the tree is deep
    UniqueFd last_;
    bool into_ = false;
};

Status to_standard_output(FrameReader& in) {
    for (;;) {
        Frame frame = TRY(in.next());
        if (frame.kind == Kind::Done)
            return {};
        if (frame.kind == Kind::Directory)
            return refusal(kStep, "tree", "-");
        static constexpr char kZeros[4096] = {};
        for (; frame.hole > 0; frame.hole -= sizeof kZeros)
            if (!write_all(STDOUT_FILENO, {kZeros, std::min<size_t>(sizeof kZeros, frame.hole)}))
                return syscall_failure(kStep, "write", "-");
        if (!write_all(STDOUT_FILENO, frame.data))
            return syscall_failure(kStep, "write", "-");
    }
}

} // namespace

Status receive(const Tree& tree, FrameReader& in, const Receiving& receiving) {
    if (receiving.target == "-")
        return to_standard_output(in);
    return Receiver(tree, in, receiving).all();
}

} // namespace tlxc::transfer
