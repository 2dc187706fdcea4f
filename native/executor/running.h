// What a start leaves in the monitor's hands, and what the subjects of a start share.
#pragma once
#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/unique_fd.h"
#include "executor/network/passt.h"
#include "executor/security/notifier.h"
#include "plan/plan.gen.h"

namespace tlxc {

// The container's place in one hierarchy, with the names that were really taken (a suffix may have been
// added).
struct CgroupPlace {
    const plan::CgroupHierarchy* plan = nullptr; // borrowed from the plan, which outlives the start only
    int version = 0;
    std::string mountPoint;
    std::vector<std::string> controllers;
    std::string limitGroup; // relative to mountPoint
    std::string innerGroup;
    std::string monitorGroup; // "": the one that all monitors share
    UniqueFd deviceProgram; // of version 2: the program that is its device list; none: everything is allowed
    UniqueFd owner; // flock on the limit group: alive as long as the monitor, so that nobody takes the group
                    // for stale
};

// A device node that came into the running container, or one that was taken from it.
struct GivenDevice {
    std::string host;   // its path there
    std::string inside; // its path in the container
    std::string type;   // "c" or "b"
    long major = 0;
    long minor = 0;
    bool opened = false;    // for it the list of version 1 was changed
    std::string before;     // what of "rwm" that list's own line for the device allowed
    bool forbidden = false; // taken away, though the configuration allows it
};

// A network interface as it was really made.
struct InterfaceInfo {
    long index = 0;
    std::string type;
    std::string link;
    std::string hostName;
    int hostIndex = 0; // of the host end; 0: there is none
    std::string name;  // inside
    int insideIndex = 0;
    bool scripted = false; // script.up has run: script.down has something to take back
};

// The container's network, and what of it does not end with its namespace.
struct Network {
    std::vector<InterfaceInfo> interfaces;
    std::unique_ptr<Passt> passt; // none: no interface is of that type
    std::vector<plan::Leaving> leavings;
    // Of an interface lent by the host: it must be fetched from there before the namespace is gone.
    UniqueFd namespace_;
};

struct Terminal {
    UniqueFd master;
    UniqueFd peer; // the slave, held open: a read of the master then waits while nobody inside has it open
    std::string slave; // "pts/3", relative to the container's /dev
};

// The filter of system calls, as a process of the container loads it.
struct Filter {
    UniqueFd program;   // memfd, compiled; none: no policy
    UniqueFd listeners; // where the process sends the listener that it gets; none: no rule notifies
};

// The container once init has been executed. Everything here is owned by the monitor from then on.
struct Running {
    pid_t initPid = -1;
    UniqueFd initPidfd;
    UniqueFd
        console; // pty master; none for "none". For "path" the monitor carries bytes to and from consolePath
    UniqueFd consolePeer;               // its slave, held open as Terminal::peer is
    std::vector<Terminal> ttys;         // tty1 is ttys[0]
    UniqueFd devpts;                    // O_PATH, the root of the container's devpts
    UniqueFd seccomp;                   // memfd, the compiled filter; none without a policy
    std::unique_ptr<Notifier> notifier; // none where the policy has no action notify
    std::vector<Failure> warnings;      // what could not be done and did not stop the start
    std::vector<std::pair<std::string, UniqueFd>>
        namespaces; // "mnt" … for stop hooks; keeps nothing else alive
    std::vector<CgroupPlace> cgroups;
    std::vector<GivenDevice> devices;
    Network network;
};

} // namespace tlxc
