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
    // A pidfd: the pty is opened in that process's user namespace, by opener's ids there, whose it is from
    // the start. For plain users, who may give nothing away. -1: by the caller.
    int userOf;
    uid_t openerUid;
    gid_t openerGid;
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
