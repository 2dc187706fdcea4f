// Frames between a container's interface and passt, which has them in a stream, each behind its length.
#pragma once
#include <cstddef>
#include <cstdint>

namespace tlxc::frames {

// Ethernet's: ARP, IPv4 and IPv6, and of these none for the host's loopback or for "any address", which means
// loopback to whoever connects a socket: passt would make a connection of the host's to itself of it. Not all
// versions refuse that.
[[nodiscard]] bool may_leave(const uint8_t* frame, size_t size);

// What is given to or comes from passt at once.
constexpr size_t kHeader = 4;
constexpr size_t kLongest = 14 + 65535;

// Carries frames both ways until one side is gone, in a process that has nothing but these two descriptors
// and may make no call but those that it takes. Exit status 0: the interface is gone; 1: passt is.
[[noreturn]] void carry(int tap, int passt);

} // namespace tlxc::frames
