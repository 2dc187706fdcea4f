// What the sender writes and the receiver reads, on a pipe: frames of a head and that many bytes.
//
//   Directory {entry} (what is in it) Up | File {entry} (Data | Hole)* EndOfFile | Link {entry}   … and at
//   last Done
//
// A stream that ends without Done was cut, and what it was in the middle of is thrown away. Both ends are
// this program, on one machine; the receiver still takes nothing on trust that decides where it writes.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/result.h"

namespace tlxc::transfer {

enum class Kind : uint32_t { Directory = 1, Up, File, Data, Hole, EndOfFile, Link, Done };

// Directories within each other.
inline constexpr size_t kDeepest = 2048;
inline constexpr uint32_t kUnset = ~0U;
// Of a file its permissions, of a directory also that only owners remove there: rights that a program gains
// by being run stay where they were given.
inline constexpr uint32_t kFileMode = 0777, kDirectoryMode = 01777;

// Fixed part of an entry's bytes; the name follows, and for a link a NUL and its target.
struct EntryHead {
    uint32_t mode = kUnset; // permission bits; kUnset: as what is there, or the usual ones
    uint32_t uid = kUnset;
    uint32_t gid = kUnset;
    uint32_t mtimeNs = 0;
    int64_t mtime = 0;
};

struct Entry {
    EntryHead head;
    std::string name; // "": the source has none (standard input, "/")
    std::string target;
    [[nodiscard]] bool has_owner() const { return head.uid != kUnset; }
};

struct Frame {
    Kind kind = Kind::Done;
    Entry entry;
    std::span<const char> data;
    int64_t hole = 0;
};

// For the side that works on a container's files: seconds that it may take between two frames, and to bring a
// file to disk. A filesystem of the container's that does not answer ends it then (SIGALRM). 0: for ever.
struct Patience {
    unsigned between = 0, disk = 0;
};

class FrameWriter {
  public:
    FrameWriter(int fd, Patience patience) : fd_(fd), patience_(patience) {}
    [[nodiscard]] Status mark(Kind kind) { return write(kind, {}); }
    [[nodiscard]] Status entry(Kind kind, const Entry& entry);
    [[nodiscard]] Status data(std::span<const char> bytes) { return write(Kind::Data, bytes); }
    [[nodiscard]] Status hole(int64_t size);

  private:
    [[nodiscard]] Status write(Kind kind, std::span<const char> bytes);
    int fd_;
    Patience patience_;
};

class FrameReader {
  public:
    FrameReader(int fd, Patience patience) : fd_(fd), patience_(patience) {}
    // Its data is good until the next call.
    [[nodiscard]] Result<Frame> next();
    // What comes until the next frame may take as long as a disk does.
    void expect_disk() const;

  private:
    int fd_;
    Patience patience_;
    std::vector<char> bytes_;
};

// All of bytes; false and errno where they cannot be written.
[[nodiscard]] bool write_all(int fd, std::span<const char> bytes);

} // namespace tlxc::transfer
