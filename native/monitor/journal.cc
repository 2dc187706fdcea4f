#include "monitor/journal.h"

#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "common/reap.h"
#include "common/title.h"

namespace tlxc {
namespace {

// As journald has it for a service.
constexpr size_t kLines = 10'000;
constexpr int kWindowMs = 30'000;
constexpr int kEndMs = 1000;
// What the console's 4096 bytes become at most, where each is a line.
constexpr size_t kMessage = 4096 * 48;
constexpr int kQueue = 512 * 1024;

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

// Until nobody holds the other end.
[[noreturn]] void write_all(JournalFile& file, int messages) {
    file.keep_only(messages);
    title::show_role("journal");
    prctl(PR_SET_NAME, "tlxc journal");
    malloc_trim(0);                // what the start needed: this process lives as long as the container
    static char message[kMessage]; // only as much of it takes memory as was ever received
    for (;;) {
        const ssize_t size = recv(messages, message, sizeof message, 0);
        if (size <= 0)
            _exit(0);
        file.append({message, static_cast<size_t>(size)});
    }
}

} // namespace

void Journal::spawn_writer() {
    awaitsWriter_ = false;
    int pair[2];
    if (hangs_ || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return;
    UniqueFd ours{pair[0]}, theirs{pair[1]};
    setsockopt(ours.get(), SOL_SOCKET, SO_SNDBUF, &kQueue, sizeof kQueue);
    const pid_t pid = fork();
    if (pid == 0)
        write_all(file_, theirs.get());
    if (pid < 0)
        return;
    writer_ = std::move(ours);
    writerPid_ = pid;
}

void Journal::end() {
    awaitsWriter_ = false;
    if (leftOut_ > 0)
        tell_left_out();
    if (!writer_)
        return;
    writer_.reset();
    hangs_ = !reap_within(writerPid_, kEndMs) && kill(writerPid_, 0) == 0;
    writerPid_ = -1;
    if (!hangs_)
        (void)file_.reopen();
}

bool Journal::admits(size_t lines) {
    if (window_.left() == 0) {
        window_ = Deadline{kWindowMs};
        inWindow_ = 0;
    }
    inWindow_ += lines;
    return inWindow_ <= kLines;
}

void Journal::tell_left_out() {
    const size_t lines = leftOut_;
    leftOut_ = 0;
    line("monitor",
         "WARN left out " + std::to_string(lines) + " lines, which came faster than they are kept");
    if (leftOut_ > 0)
        leftOut_ = lines; // there is no room to tell it, either
}

void Journal::append(const std::string& records, size_t lines) {
    if (awaitsWriter_)
        spawn_writer();
    if (hangs_)
        return;
    if (!writer_)
        return file_.append(records);
    if (send(writer_.get(), records.data(), records.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        leftOut_ += lines;
}

void Journal::line(std::string_view source, std::string_view text) {
    if (!file_.wanted())
        return;
    std::string record = timestamp() + " " + std::string(source) + " F " + std::string(text);
    std::ranges::replace(record, '\n', ' ');
    append(record + "\n", 1);
}

void Journal::output(const char* data, size_t size) {
    if (!file_.wanted())
        return;
    const auto lines = static_cast<size_t>(std::count(data, data + size, '\n')) + 1;
    if (!admits(lines)) {
        leftOut_ += lines;
        return;
    }
    if (leftOut_ > 0)
        tell_left_out();
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
    append(records, lines);
}

} // namespace tlxc
