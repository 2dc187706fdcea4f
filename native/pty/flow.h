// One direction of a terminal's traffic: a chunk is read only when the one before has been written in full,
// so a slow reader holds the writer back and no byte is lost.
#pragma once
#include <sys/types.h>

#include <span>

namespace tlxc::pty {

class Flow {
  public:
    enum class Read { data, nothing, end };
    static constexpr size_t kChunk = 16 * 1024;

    Flow(int from, int to) : from_(from), to_(to) {}

    [[nodiscard]] int from() const { return from_; }
    [[nodiscard]] int to() const { return to_; }
    [[nodiscard]] bool pending() const { return begin_ != end_; }
    // Reads what is there. Only when nothing is pending.
    [[nodiscard]] Read fill();
    // Writes what can be written now; false when nobody will read any more.
    [[nodiscard]] bool flush();
    // What fill() read; a filter puts its own in its place with replace().
    [[nodiscard]] std::span<char> chunk() { return {buffer_ + begin_, end_ - begin_}; }
    void replace(std::span<const char> bytes);
    void stop_reading() { from_ = -1; }
    void redirect(int from, int to);

  private:
    int from_;
    int to_;
    size_t begin_ = 0;
    size_t end_ = 0;
    char buffer_[kChunk + 1]; // a filter may add one byte
};

// A second open file description of a terminal or pipe that never blocks: setting O_NONBLOCK on the caller's
// own would outlive this process in the caller's shell. fd itself where that cannot be had (a socket), and
// for a regular file: it never blocks, and a second description would begin at its start, over what is there
// already.
[[nodiscard]] int reopen_nonblocking(int fd, int mode);

void set_nonblocking(int fd); // for descriptors that nobody shares

} // namespace tlxc::pty
