#include "transfer/frames.h"

#include <sys/uio.h>
#include <unistd.h>

#include <cstring>

#include "transfer/tree.h"

namespace tlxc::transfer {
namespace {

struct Head {
    Kind kind;
    uint32_t size;
};
constexpr size_t kLongest = 1 << 20;

Failure cut() {
    return refusal(kStep, "cut");
}

// False: the stream ended or cannot be read.
bool read_all(int fd, std::span<char> bytes) {
    while (!bytes.empty()) {
        const ssize_t size = read(fd, bytes.data(), bytes.size());
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            return false;
        bytes = bytes.subspan(static_cast<size_t>(size));
    }
    return true;
}

bool parse_entry(std::span<const char> bytes, Entry& entry) {
    if (bytes.size() < sizeof entry.head)
        return false;
    memcpy(&entry.head, bytes.data(), sizeof entry.head);
    const std::string text{bytes.begin() + sizeof entry.head, bytes.end()};
    const size_t end = text.find('\0');
    entry.name = text.substr(0, end);
    entry.target = end == std::string::npos ? "" : text.substr(end + 1);
    return true;
}

} // namespace

bool write_all(int fd, std::span<const char> bytes) {
    while (!bytes.empty()) {
        const ssize_t size = write(fd, bytes.data(), bytes.size());
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return false;
        bytes = bytes.subspan(static_cast<size_t>(size));
    }
    return true;
}

Status FrameWriter::write(Kind kind, std::span<const char> bytes) {
    alarm(0); // whoever reads may be slow
    const Head head{kind, static_cast<uint32_t>(bytes.size())};
    if (!write_all(fd_, {reinterpret_cast<const char*>(&head), sizeof head}) || !write_all(fd_, bytes))
        return syscall_failure(kStep, "write");
    alarm(patience_.between);
    return {};
}

Status FrameWriter::entry(Kind kind, const Entry& entry) {
    std::string bytes{reinterpret_cast<const char*>(&entry.head), sizeof entry.head};
    bytes += entry.name;
    if (kind == Kind::Link)
        bytes += '\0' + entry.target;
    return write(kind, bytes);
}

Status FrameWriter::hole(int64_t size) {
    return write(Kind::Hole, {reinterpret_cast<const char*>(&size), sizeof size});
}

void FrameReader::expect_disk() const {
    alarm(patience_.disk);
}

Result<Frame> FrameReader::next() {
    alarm(0);
    Head head{};
    if (!read_all(fd_, {reinterpret_cast<char*>(&head), sizeof head}) || head.size > kLongest)
        return cut();
    bytes_.resize(head.size);
    if (!read_all(fd_, bytes_))
        return cut();
    alarm(patience_.between);
    Frame frame{head.kind};
    switch (head.kind) {
    case Kind::Directory:
    case Kind::File:
    case Kind::Link:
        if (!parse_entry(bytes_, frame.entry))
            return cut();
        break;
    case Kind::Data:
        frame.data = bytes_;
        break;
    case Kind::Hole:
        if (bytes_.size() != sizeof frame.hole)
            return cut();
        memcpy(&frame.hole, bytes_.data(), sizeof frame.hole);
        if (frame.hole < 0) // would write over what came before
            return cut();
        break;
    case Kind::Up:
    case Kind::EndOfFile:
    case Kind::Done:
        break;
    }
    return frame;
}

} // namespace tlxc::transfer
