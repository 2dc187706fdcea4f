// tlxc-transfer: one end of a copy between the host and a container: two of them, joined by a pipe, are
// tlxc-file. What goes wrong is told on standard error, a JSON line each (src/monitor/protocol.ts,
// StartMessage).
//
// usage: tlxc-transfer SIDE send [recursive] PATH...
//        tlxc-transfer SIDE receive FLAGS UID GID MODE TARGET
//
// SIDE: host; rooted (the working directory is the root of a container's tree); running or running-mapped
// (init's pidfd is descriptor 3; the container has a user namespace). FLAGS: letters, "-" for none: i (into),
// p (parents), o (owners), k (keep). UID, GID and MODE: decimal, -1 as in receive.h.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <memory>

#include "common/enter_namespaces.h"
#include "monitor/report.h"
#include "transfer/new_file.h"
#include "transfer/receive.h"
#include "transfer/send.h"

namespace tlxc::transfer {
namespace {

constexpr int kInit = 3;
constexpr Patience kPatience{.between = 60, .disk = 600};

// A tree may be deeper than the usual 1024 descriptors.
void raise_file_limit() {
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

Status enter(bool mapped) {
    TRY(enter_namespaces(kStep, kInit, CLONE_NEWNS | (mapped ? CLONE_NEWUSER : 0)));
    close(kInit);
    if (chdir("/") != 0)
        return syscall_failure(kStep, "chdir", "/");
    return {};
}

// What the files of a container take, whosever they are.
Status keep_capabilities() {
    static constexpr cap_value_t kKept[] = {CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID};
    const std::unique_ptr<_cap_struct, int (*)(void*)> kept{cap_init(), cap_free};
    for (const cap_flag_t set : {CAP_PERMITTED, CAP_EFFECTIVE})
        if (!kept || cap_set_flag(kept.get(), set, std::size(kKept), kKept, CAP_SET) != 0)
            return syscall_failure(kStep, "cap_set_flag");
    if (cap_set_proc(kept.get()) != 0)
        return syscall_failure(kStep, "capset");
    return {};
}

Result<Tree> open_tree(std::string_view side) {
    UniqueFd descriptors = TRY(Tree::open_descriptors());
    if (side == "host")
        return Tree::open(Tree::Whose::Hosts, std::move(descriptors));
    if (side != "rooted")
        TRY(enter(side == "running-mapped"));
    auto tree = Tree::open(Tree::Whose::Containers, std::move(descriptors));
    TRY(keep_capabilities());
    return tree;
}

bool parse(const char* text, int64_t& number) {
    const char* const end = text + strlen(text);
    return std::from_chars(text, end, number).ptr == end;
}

// The words after "receive".
bool parse(char** words, Receiving& receiving) {
    for (const char flag : std::string_view(words[0])) {
        receiving.into |= flag == 'i';
        receiving.parents |= flag == 'p';
        receiving.owners |= flag == 'o';
        receiving.keep |= flag == 'k';
    }
    receiving.target = words[4];
    return parse(words[1], receiving.owner.uid) && parse(words[2], receiving.owner.gid) &&
           parse(words[3], receiving.mode);
}

Status run(int argc, char** argv, Report& report) {
    const std::string_view role = argv[2];
    const pid_t parent = getppid();
    raise_file_limit();
    // Directories made on the way to a target: on the host as the caller's umask has them, inside for all to
    // pass, whatever that is. Everything else gets its mode after it is made.
    if (std::string_view(argv[1]) != "host")
        umask(022);
    const Tree tree = TRY(open_tree(argv[1]));
    // After the change of ids, which forgets it; who died before is not waited for.
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        return refusal(kStep, "cut");
    const Patience patience = std::string_view(argv[1]) == "host" ? Patience{} : kPatience;
    alarm(patience.between);
    if (role == "send") {
        Sending sending{{argv + 3, argv + argc}, false, [&](const Failure& left) { report.warning(left); }};
        if (!sending.paths.empty() && sending.paths.front() == "recursive") {
            sending.recursive = true;
            sending.paths.erase(sending.paths.begin());
        }
        FrameWriter out(STDOUT_FILENO, patience);
        return send(tree, out, sending);
    }
    Receiving receiving;
    if (role != "receive" || argc != 8 || !parse(argv + 3, receiving))
        return refusal(kStep, "usage");
    NewFile::remove_when_interrupted();
    FrameReader in(STDIN_FILENO, patience);
    return receive(tree, in, receiving);
}

} // namespace
} // namespace tlxc::transfer

int main(int argc, char** argv) {
    using namespace tlxc;
    if (argc < 4) {
        fputs("tlxc-transfer: run by tlxc-file\n", stderr);
        return 2;
    }
    Report report{UniqueFd{STDERR_FILENO}};
    const Status done = transfer::run(argc, argv, report);
    if (done.ok())
        return 0;
    report.failed(done.failure());
    return 1;
}
