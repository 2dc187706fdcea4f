// Pipes that bytes pass through on their way from one socket to another, without being copied (splice). Lent
// to a connection only while it has bytes in one, so that many connections that say little cost little.
#pragma once
#include <vector>

#include "common/unique_fd.h"

namespace tlxc::proxy {

struct Pipe {
    UniqueFd read, write;
    explicit operator bool() const { return static_cast<bool>(read); }
};

class Pipes {
  public:
    // None: the kernel has no more; errno says why.
    [[nodiscard]] Pipe take();
    // It must be empty.
    void give_back(Pipe pipe);

  private:
    std::vector<Pipe> idle_;
};

} // namespace tlxc::proxy
