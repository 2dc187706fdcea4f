#include "proxy/pipes.h"

#include <fcntl.h>

namespace tlxc::proxy {
namespace {

constexpr size_t kMostIdle = 32;

} // namespace

Pipe Pipes::take() {
    if (!idle_.empty()) {
        Pipe pipe = std::move(idle_.back());
        idle_.pop_back();
        return pipe;
    }
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return {};
    return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

void Pipes::give_back(Pipe pipe) {
    if (idle_.size() < kMostIdle)
        idle_.push_back(std::move(pipe));
}

} // namespace tlxc::proxy
