// One datagram of the handshake: a tag, fields in a fixed order, descriptors beside them.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/deadline.h"
#include "common/result.h"
#include "common/unique_fd.h"

namespace tlxc {

enum class Tag : uint8_t { Born, Mapped, Network, HooksDone, Mounts, Tty, Ready, Go, Executing, Failed, End };

// Whole numbers are eight bytes of the machine's order, texts a number and their bytes; both sides are one
// program.
class Packet {
  public:
    explicit Packet(Tag tag = Tag::End) : tag_(tag) {}
    [[nodiscard]] Tag tag() const { return tag_; }

    void put(int64_t number);
    void put(const std::string& text);
    // Notes whether there is a descriptor, and lends it to the datagram: it stays the caller's.
    void put_descriptor(const UniqueFd& fd);

    [[nodiscard]] int64_t number();
    [[nodiscard]] std::string text();
    [[nodiscard]] UniqueFd descriptor();
    // Whether every take so far found what it asked for.
    [[nodiscard]] bool intact() const { return intact_; }

    [[nodiscard]] Status send(int socket) const;
    // Tag::End: the other side is gone.
    [[nodiscard]] static Result<Packet> receive(int socket, const Deadline& deadline);

    // The most descriptors one datagram takes (the kernel's SCM_MAX_FD).
    static constexpr size_t kMostDescriptors = 253;

  private:
    Tag tag_;
    std::string body_;
    size_t at_ = 0;
    bool intact_ = true;
    std::vector<int> lent_;
    std::vector<UniqueFd> taken_;
    size_t nextDescriptor_ = 0;
};

} // namespace tlxc
