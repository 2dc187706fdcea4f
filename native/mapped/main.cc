// tlxc-mapped: runs a program as root of a new user namespace, for a plain user whose containers' files
// belong to subordinate ids. Exits as the program does.
//
// usage: tlxc-mapped NEWUIDMAP NEWGIDMAP [u|g:INSIDE:OUTSIDE:COUNT]... -- PROGRAM [ARGUMENT]...
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "common/map_program.h"
#include "common/unique_fd.h"

namespace tlxc {
namespace {

constexpr int kUsage = 2, kFailed = 125, kNotRun = 127;

struct Request {
    std::string newUidMap, newGidMap;
    std::vector<IdRange> uids, gids;
    char** argv = nullptr;
};

bool parse_map(const char* word, Request& request) {
    char kind = 0;
    long long inside = 0, outside = 0, count = 0;
    int end = 0;
    if (sscanf(word, "%c:%lld:%lld:%lld%n", &kind, &inside, &outside, &count, &end) != 4 ||
        word[end] != '\0' || (kind != 'u' && kind != 'g'))
        return false;
    (kind == 'u' ? request.uids : request.gids).push_back({inside, outside, count});
    return true;
}

bool parse(int argc, char** argv, Request& request) {
    if (argc < 5)
        return false;
    request.newUidMap = argv[1];
    request.newGidMap = argv[2];
    int next = 3;
    for (; next < argc && std::string_view(argv[next]) != "--"; ++next)
        if (!parse_map(argv[next], request))
            return false;
    request.argv = argv + next + 1;
    return next + 1 < argc && !request.uids.empty() && !request.gids.empty();
}

[[noreturn]] void fail(const char* what) {
    fprintf(stderr, "tlxc-mapped: %s: %s\n", what, strerror(errno));
    _exit(kFailed);
}

// The process that becomes the program. A byte on the pipe: the maps are written.
[[noreturn]] void become(const Request& request, UniqueFd ready, UniqueFd mapped, pid_t parent) {
    if (unshare(CLONE_NEWUSER) != 0)
        fail("unshare(CLONE_NEWUSER)");
    ready.reset();
    char byte = 0;
    if (read(mapped.get(), &byte, 1) != 1)
        _exit(kFailed); // the parent has said why
    mapped.reset();
    if (setgroups(0, nullptr) != 0 || setresgid(0, 0, 0) != 0 || setresuid(0, 0, 0) != 0)
        fail("setresuid");
    // After the change of ids, which forgets it; who died before is not waited for.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(kFailed);
    execvp(request.argv[0], request.argv);
    fprintf(stderr, "%s: %s\n", request.argv[0], strerror(errno));
    _exit(kNotRun);
}

bool write_maps(const Request& request, pid_t child) {
    for (const auto& [program, ranges] :
         {std::pair{&request.newUidMap, &request.uids}, std::pair{&request.newGidMap, &request.gids}}) {
        const Status written = write_map_by(*program, child, *ranges);
        if (written.ok())
            continue;
        const Failure& failure = written.failure();
        fprintf(stderr, "tlxc-mapped: %s: %s\n", program->c_str(),
                failure.detail.empty() ? strerror(failure.err) : failure.detail.c_str());
        return false;
    }
    return true;
}

int run(const Request& request) {
    int made[2], told[2];
    if (pipe2(made, O_CLOEXEC) != 0 || pipe2(told, O_CLOEXEC) != 0)
        fail("pipe2");
    UniqueFd madeRead{made[0]}, madeWrite{made[1]}, toldRead{told[0]}, toldWrite{told[1]};
    const pid_t self = getpid();
    const pid_t child = fork();
    if (child < 0)
        fail("fork");
    if (child == 0) {
        madeRead.reset();
        toldWrite.reset();
        become(request, std::move(madeWrite), std::move(toldRead), self);
    }
    madeWrite.reset();
    toldRead.reset();
    char byte = 0;
    (void)!read(madeRead.get(), &byte, 1); // its end: the namespace is made, or the child is gone
    if (!write_maps(request, child)) {
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        return kFailed;
    }
    (void)!write(toldWrite.get(), "", 1);
    toldWrite.reset();
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    // As it ended, so that a pipe that broke is seen as one; without a core of our own.
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    signal(WTERMSIG(status), SIG_DFL);
    raise(WTERMSIG(status));
    return 128 + WTERMSIG(status);
}

} // namespace
} // namespace tlxc

int main(int argc, char** argv) {
    tlxc::Request request;
    if (!tlxc::parse(argc, argv, request)) {
        fputs(
            "usage: tlxc-mapped NEWUIDMAP NEWGIDMAP [u|g:INSIDE:OUTSIDE:COUNT]... -- PROGRAM [ARGUMENT]...\n",
            stderr);
        return tlxc::kUsage;
    }
    return tlxc::run(request);
}
