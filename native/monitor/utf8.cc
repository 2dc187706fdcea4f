#include "monitor/utf8.h"

#include <cstdint>

namespace tlxc {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

// How many bytes the character at the beginning has; 0: none begins there. Neither longer forms than needed,
// nor halves of surrogate pairs, nor anything beyond U+10FFFF are characters.
size_t character(std::string_view text) {
    const auto byte = [text](size_t at) { return static_cast<uint8_t>(text[at]); };
    const uint8_t first = byte(0);
    if (first < 0x80)
        return 1;
    const size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < size)
        return 0;
    for (size_t at = 1; at < size; ++at)
        if ((byte(at) & 0xc0) != 0x80)
            return 0;
    const bool outside = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) >= 0xa0) ||
                         (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) >= 0x90);
    return outside ? 0 : size;
}

// Where it was cut, the rest of a character may stand at the beginning.
std::string_view from_character(std::string_view text) {
    size_t at = 0;
    while (at < 3 && at < text.size() && (static_cast<uint8_t>(text[at]) & 0xc0) == 0x80)
        ++at;
    return text.substr(at);
}

std::string_view tail(std::string_view text, size_t most) {
    return text.size() <= most ? text : from_character(text.substr(text.size() - most));
}

} // namespace

std::string utf8_tail(std::string_view bytes, size_t most) {
    std::string text;
    for (std::string_view rest = tail(bytes, most); !rest.empty();) {
        const size_t size = character(rest);
        text += size == 0 ? kReplacement : rest.substr(0, size);
        rest.remove_prefix(size == 0 ? 1 : size);
    }
    return std::string(tail(text, most));
}

} // namespace tlxc
