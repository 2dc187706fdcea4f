// A new pty for an attached command, from the container's own devpts instance.
#pragma once
#include <sys/types.h>

#include "common/result.h"
#include "common/unique_fd.h"

namespace tlxc {

struct PtyRequest {
    int devptsFd; // O_PATH, the root of the container's devpts; -1: the host's /dev/pts
    uid_t uid;    // owner of the slave in the host's ids, (uid_t)-1: unchanged
    gid_t gid;
    unsigned short rows;
    unsigned short columns;
    bool translate; // newlines to CR LF, as a terminal in raw mode needs it
};

struct Pty {
    UniqueFd master;
    UniqueFd slave;
};

[[nodiscard]] Result<Pty> open_pty(const PtyRequest& request);

} // namespace tlxc
