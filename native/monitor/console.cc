#include "monitor/console.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>

namespace tlxc {
namespace {

constexpr size_t kChunk = 4096;
constexpr size_t kMaxViewers = 8;

} // namespace

Status Console::prepare(const plan::Terminals& terminals) {
    if (Status status = log_.open(terminals.consoleLog, static_cast<long>(terminals.consoleLogSize),
                                  terminals.consoleLogRotate);
        !status.ok())
        return at(status.failure(), terminals.origin);
    if (terminals.console == plan::ConsoleKind::Path)
        if (Status status = path_.open(terminals.consolePath); !status.ok())
            return at(status.failure(), terminals.origin);
    ringSize_ = static_cast<size_t>(std::max<int64_t>(terminals.consoleBuffer, 0));
    return {};
}

// What is waited for, all of it: output unless the first viewer is awaited, room for input while some is
// pending, input while none is.
void Console::arm() {
    if (!master_)
        return;
    const bool full = !pending_.empty();
    loop_.change(Source::Console, master_.get(), (awaiting_ ? 0U : EPOLLIN) | (full ? EPOLLOUT : 0U));
    for (const auto& viewer : viewers_)
        loop_.change(Source::ConsoleViewer, viewer.get(), full ? 0U : EPOLLIN);
    if (path_.terminal() >= 0)
        loop_.change(Source::ConsolePath, path_.terminal(), full ? 0U : EPOLLIN);
}

void Console::begin(UniqueFd master, UniqueFd peer, bool await) {
    master_ = std::move(master);
    peer_ = std::move(peer);
    if (!master_)
        return;
    awaiting_ = await && viewers_.empty();
    fcntl(master_.get(), F_SETFL, O_RDWR | O_NONBLOCK);
    (void)loop_.add(Source::Console, master_.get());
    if (path_.terminal() >= 0)
        (void)loop_.add(Source::ConsolePath, path_.terminal());
    arm();
}

void Console::stop_awaiting() {
    awaiting_ = false;
    arm();
}

void Console::end() {
    if (!master_)
        return;
    awaiting_ = false;
    char data[kChunk];
    for (ssize_t n; (n = read(master_.get(), data, sizeof data)) > 0;)
        deliver(data, static_cast<size_t>(n));
    loop_.remove(master_.get());
    if (path_.terminal() >= 0)
        loop_.remove(path_.terminal());
    master_.reset();
    peer_.reset();
    pending_.clear();
}

UniqueFd Console::attach(int& viewer) {
    if (viewers_.size() >= kMaxViewers) {
        errno = EBUSY;
        return {};
    }
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return {};
    UniqueFd ours{pair[0]}, theirs{pair[1]};
    if (!loop_.add(Source::ConsoleViewer, ours.get()))
        return {};
    viewer = ours.get();
    viewers_.push_back(std::move(ours));
    awaiting_ = false;
    arm();
    return theirs;
}

void Console::detach(int viewer) {
    loop_.remove(viewer);
    std::erase_if(viewers_, [viewer](const UniqueFd& each) { return each.get() == viewer; });
}

int Console::resize(int rows, int columns) {
    winsize size{};
    size.ws_row = static_cast<unsigned short>(rows);
    size.ws_col = static_cast<unsigned short>(columns);
    return ioctl(master_.get(), TIOCSWINSZ, &size) == 0 ? 0 : errno;
}

UniqueFd Console::recent() const {
    UniqueFd memfd{memfd_create("tlxc-console", MFD_CLOEXEC)};
    if (!memfd)
        return {};
    const std::string text = ring_.substr(ringAt_) + ring_.substr(0, ringAt_);
    if (write(memfd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        return {};
    lseek(memfd.get(), 0, SEEK_SET);
    return memfd;
}

void Console::deliver(const char* data, size_t size) {
    journal_->output(data, size);
    log_.write(data, size);
    path_.write(data, size);
    for (const auto& viewer : viewers_)
        (void)::send(viewer.get(), data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    for (size_t i = 0; i < size && ringSize_ > 0; ++i) {
        if (ring_.size() < ringSize_) {
            ring_.push_back(data[i]);
            continue;
        }
        ring_[ringAt_] = data[i];
        ringAt_ = (ringAt_ + 1) % ringSize_;
    }
}

void Console::read_master() {
    char data[kChunk];
    const ssize_t n = read(master_.get(), data, sizeof data);
    if (n > 0)
        deliver(data, static_cast<size_t>(n));
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        loop_.remove(master_.get()); // nobody inside has it open any more
}

void Console::read_input(Source source, int fd) {
    char data[kChunk];
    const ssize_t n = read(fd, data, sizeof data);
    if (n > 0) {
        pending_.append(data, static_cast<size_t>(n));
        flush_input();
        return;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (source == Source::ConsoleViewer)
        detach(fd);
    else
        loop_.remove(fd);
}

void Console::flush_input() {
    const ssize_t n = master_ ? write(master_.get(), pending_.data(), pending_.size()) : -1;
    if (n > 0)
        pending_.erase(0, static_cast<size_t>(n));
    else if (!master_ || errno != EAGAIN)
        pending_.clear();
    arm();
}

void Console::handle(const LoopEvent& event) {
    if (event.source == Source::ConsoleViewer || event.source == Source::ConsolePath)
        read_input(event.source, event.fd);
    else if ((event.events & EPOLLOUT) != 0)
        flush_input();
    else
        read_master();
}

} // namespace tlxc
