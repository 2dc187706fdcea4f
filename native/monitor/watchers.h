// Commands that follow all containers of a store, those to come too (src/monitor/watch-store.ts): each
// listens on a socket of its own in the store's run directory. A monitor has nobody to ask for them: it looks
// there whenever it has something to tell, so that none is late for a container's first word.
#pragma once
#include <string>
#include <vector>

#include "common/unique_fd.h"
#include "monitor/run_dir.h"

namespace tlxc {

class Watchers {
  public:
    // name: the container's, which begins every line that is told.
    void open(const RunDir& dir, const std::string& name);
    // Tells event (protocol::event) to all, without ever waiting: one that does not read is told no more.
    void tell(const std::string& event);

  private:
    struct Watcher {
        std::string name; // of its socket
        UniqueFd fd;
    };
    [[nodiscard]] bool knows(const std::string& name) const;
    void find();

    UniqueFd store_; // the run directory of the store; ours, as the container's is
    std::string name_;
    std::vector<Watcher> known_;
};

} // namespace tlxc
