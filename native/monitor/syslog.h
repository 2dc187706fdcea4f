// The host's syslog, by datagrams to /dev/log (lxc.log.syslog). Not syslog(3): that waits where the daemon
// does not read, and a monitor waits for nobody.
#pragma once
#include <string>

#include "common/result.h"
#include "common/unique_fd.h"

namespace tlxc {

class Syslog {
  public:
    // facility as syslog(3) counts them.
    [[nodiscard]] Status open(int facility);
    // priority: LOG_ERR and so on. A daemon that was restarted is looked for again once a line; without one
    // the line is lost.
    void write(int priority, const std::string& text);

  private:
    UniqueFd socket_;
    int facility_ = 0;
};

} // namespace tlxc
