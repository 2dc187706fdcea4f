// The escape of a console: PREFIX q leaves, PREFIX PREFIX sends one PREFIX, PREFIX and anything else sends
// both.
#pragma once
#include <span>
#include <utility>

#include "pty/flow.h"

namespace tlxc::pty {

class Escape {
  public:
    static constexpr size_t kMost = Flow::kChunk + 1; // a chunk, and a prefix held back before it

    explicit Escape(int prefix) : prefix_(prefix) {} // -1: none

    // What is to be sent of typed, in out (kMost bytes), and whether the person wants to leave.
    std::pair<size_t, bool> filter(std::span<const char> typed, char* out) {
        size_t size = 0;
        for (const char c : typed) {
            const bool isPrefix = prefix_ >= 0 && static_cast<unsigned char>(c) == prefix_;
            if (!armed_ && isPrefix) {
                armed_ = true;
                continue;
            }
            if (armed_ && c == 'q')
                return {size, true};
            if (armed_ && !isPrefix)
                out[size++] = static_cast<char>(prefix_);
            armed_ = false;
            out[size++] = c;
        }
        return {size, false};
    }

  private:
    int prefix_;
    bool armed_ = false; // the prefix was typed, what follows it not yet
};

} // namespace tlxc::pty
