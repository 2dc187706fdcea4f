#include "monitor/journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <cstdio>

namespace tlxc {
namespace {

constexpr const char* kStep = "journal";
constexpr const char* kName = "journal";

std::string name_of(int number) {
    return number == 0 ? kName : std::string(kName) + "." + std::to_string(number);
}

// RFC 3339, UTC, with microseconds.
std::string timestamp() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    tm utc{};
    gmtime_r(&now.tv_sec, &utc);
    char text[40];
    const size_t length = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text + length, sizeof text - length, ".%06ldZ", now.tv_nsec / 1000);
    return text;
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

bool Journal::reopen() {
    constexpr int kFlags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
    file_.reset(openat(directory_.get(), kName, kFlags, 0600));
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

Status Journal::open(const plan::Journal& plan) {
    if (plan.directory.empty())
        return {};
    directory_ = TRY(open_directory(plan.directory));
    limit_ = static_cast<size_t>(plan.size);
    files_ = static_cast<int>(plan.files);
    if (!reopen())
        return syscall_failure(kStep, "open", plan.directory + "/" + kName);
    return {};
}

// What is older than the last file is lost; so is what comes while no room can be made.
void Journal::rotate() {
    bool moved = files_ > 1;
    for (int i = files_ - 1; i > 0; --i)
        moved = renameat(directory_.get(), name_of(i - 1).c_str(), directory_.get(), name_of(i).c_str()) == 0;
    if (moved)
        (void)reopen();
    else if (ftruncate(file_.get(), 0) == 0)
        written_ = 0;
}

void Journal::append(const std::string& records) {
    if (!file_)
        return;
    if (written_ > 0 && written_ + records.size() > limit_)
        rotate();
    if (!file_ || (written_ > 0 && written_ >= limit_))
        return;
    const ssize_t n = write(file_.get(), records.data(), records.size());
    written_ += n > 0 ? static_cast<size_t>(n) : 0;
}

void Journal::line(std::string_view source, std::string_view text) {
    if (!file_)
        return;
    std::string record = timestamp() + " " + std::string(source) + " F " + std::string(text);
    std::ranges::replace(record, '\n', ' ');
    append(record + "\n");
}

void Journal::output(const char* data, size_t size) {
    if (!file_)
        return;
    const std::string before = timestamp() + " console ";
    std::string records;
    for (std::string_view rest{data, size}; !rest.empty();) {
        const size_t end = rest.find('\n');
        const bool whole = end != std::string_view::npos;
        records += before;
        records += whole ? "F " : "P ";
        records += rest.substr(0, end);
        records += '\n';
        rest.remove_prefix(whole ? end + 1 : rest.size());
    }
    append(records);
}

} // namespace tlxc
