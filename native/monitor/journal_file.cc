#include "monitor/journal_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace tlxc {
namespace {

constexpr const char* kStep = "journal";
constexpr const char* kName = "journal";
constexpr const char* kNew = "journal.new";
constexpr int kWrite = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;

std::string name_of(int number) {
    return number == 0 ? kName : std::string(kName) + "." + std::to_string(number);
}

bool is_ours(const struct stat& status) {
    return status.st_uid == geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

Result<UniqueFd> open_directory(const std::string& path) {
    if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
        return syscall_failure(kStep, "mkdir", path);
    UniqueFd directory{open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    struct stat status {};
    if (!directory || fstat(directory.get(), &status) != 0)
        return syscall_failure(kStep, "open", path);
    if (!is_ours(status))
        return refusal(kStep, "not-ours", path);
    return directory;
}

} // namespace

bool JournalFile::reopen() {
    file_.reset(openat(directory_.get(), kName, kWrite, 0600));
    struct stat status {};
    if (!file_ || fstat(file_.get(), &status) != 0)
        return false;
    if (!S_ISREG(status.st_mode) || !is_ours(status)) {
        file_.reset();
        errno = EEXIST;
        return false;
    }
    written_ = static_cast<size_t>(status.st_size);
    return true;
}

Status JournalFile::open(const plan::Journal& plan) {
    if (plan.directory.empty())
        return {};
    UniqueFd directory = TRY(open_directory(plan.directory));
    directory_ = std::move(directory);
    limit_ = static_cast<size_t>(plan.size);
    files_ = static_cast<int>(plan.files);
    unlinkat(directory_.get(), kNew, 0);
    for (int i = files_; unlinkat(directory_.get(), name_of(i).c_str(), 0) == 0; ++i) {
    }
    if (!reopen())
        return syscall_failure(kStep, "open", plan.directory + "/" + kName);
    return {};
}

// The new file is there before an old one is moved: without room for it (a full disk) the one that is open
// begins anew.
void JournalFile::rotate() {
    UniqueFd next;
    if (files_ > 1)
        next.reset(openat(directory_.get(), kNew, kWrite | O_EXCL, 0600));
    bool moved = static_cast<bool>(next);
    const int directory = directory_.get();
    for (int i = files_ - 1; moved && i > 0; --i)
        moved = renameat(directory, name_of(i - 1).c_str(), directory, name_of(i).c_str()) == 0 ||
                (errno == ENOENT && i > 1);
    if (moved && renameat(directory, kNew, directory, kName) == 0) {
        file_ = std::move(next);
        written_ = 0;
        return;
    }
    unlinkat(directory, kNew, 0);
    if (ftruncate(file_.get(), 0) == 0)
        written_ = 0;
}

void JournalFile::append(std::string_view records) {
    if (!file_ && !(directory_ && reopen()))
        return;
    if (written_ > 0 && written_ + records.size() > limit_)
        rotate();
    if (written_ > 0 && written_ >= limit_)
        return;
    const ssize_t n = write(file_.get(), records.data(), records.size());
    written_ += n > 0 ? static_cast<size_t>(n) : 0;
}

void JournalFile::keep_only(int other) const {
    std::array<int, 3> kept{directory_.get(), file_.get(), other};
    std::ranges::sort(kept);
    unsigned next = 0;
    for (const int fd : kept) {
        if (fd < 0)
            continue;
        if (static_cast<unsigned>(fd) > next)
            close_range(next, static_cast<unsigned>(fd) - 1, 0);
        next = static_cast<unsigned>(fd) + 1;
    }
    close_range(next, ~0U, 0);
}

} // namespace tlxc
