// Bytes of the container's as text that JSON and people can take.
#pragma once
#include <string>
#include <string_view>

namespace tlxc {

// The end of it, at most `most` bytes, as UTF-8: each byte that belongs to no character is U+FFFD.
[[nodiscard]] std::string utf8_tail(std::string_view bytes, size_t most);

} // namespace tlxc
