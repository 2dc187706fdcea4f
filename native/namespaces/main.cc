// tlxc-namespaces: runs a command in new namespaces, and waits for it. What tlxc-unshare and tlxc-usernsexec
// become: a process with one thread, which Node is not.
//
// usage: tlxc-namespaces LABEL namespaces=BITS [WORD]... -- COMMAND [ARGUMENT]...   (the words: order.cc)
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "common/syscalls.h"
#include "common/unique_fd.h"
#include "executor/network/link.h"
#include "namespaces/become.h"
#include "namespaces/order.h"

namespace tlxc {
namespace {

constexpr int kFailed = 1, kBySignal = 128;

bool told(const Order& order, const char* what, const char* why) {
    fprintf(stderr, "%s: %s: %s\n", order.label.c_str(), what, why);
    return false;
}

bool write_directly(const Order& order, pid_t child, const char* file, const std::vector<IdRange>& ranges) {
    const std::string path = "/proc/" + std::to_string(child) + "/" + file;
    std::string text;
    for (const auto& [inside, outside, count] : ranges)
        text += std::to_string(inside) + " " + std::to_string(outside) + " " + std::to_string(count) + "\n";
    const UniqueFd map{open(path.c_str(), O_WRONLY | O_CLOEXEC)};
    // One write: the kernel takes a map once, and whole.
    if (map && write(map.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()))
        return true;
    return told(order, (std::string("cannot write the ") + file).c_str(), strerror(errno));
}

bool write_maps(const Order& order, pid_t child) {
    struct Map {
        const char* file;
        const std::vector<IdRange>& ranges;
        const std::string& program;
    };
    for (const auto& [file, ranges, program] :
         {Map{"uid_map", order.uids, order.newUidMap}, Map{"gid_map", order.gids, order.newGidMap}}) {
        if (ranges.empty())
            continue;
        if (program.empty()) {
            if (!write_directly(order, child, file, ranges))
                return false;
            continue;
        }
        const Status written = write_map_by(program, child, ranges);
        if (written.ok())
            continue;
        const Failure& failure = written.failure();
        told(order, program.c_str(), failure.detail.empty() ? strerror(failure.err) : failure.detail.c_str());
        fprintf(stderr, "  hint: -m may name ids that %s gives the caller, and the caller's own\n",
                program == order.newUidMap ? "/etc/subuid" : "/etc/subgid");
        return false;
    }
    return true;
}

// As lxc-unshare goes on without an interface, so do we; but not without a word.
void move_interfaces(const Order& order, pid_t child) {
    if (order.interfaces.empty())
        return;
    Netlink netlink;
    const bool open = netlink.open();
    for (const auto& name : order.interfaces) {
        Link link;
        NetlinkAnswer answer{.err = open ? 0 : errno};
        if (answer.err == 0)
            answer = find_link(netlink, name, link);
        if (answer.err == 0) {
            NetlinkMessage message = link_change(link.index, 0);
            if (message)
                nla_put_u32(message.get(), IFLA_NET_NS_PID, static_cast<uint32_t>(child));
            answer = netlink.send(message);
        }
        if (answer.err != 0)
            told(order, ("cannot give it the interface " + name).c_str(), strerror(answer.err));
    }
}

// Reads one byte, or the end. True: the byte.
bool byte_from(int fd) {
    char byte = 0;
    ssize_t size;
    while ((size = read(fd, &byte, 1)) < 0 && errno == EINTR) {
    }
    return size == 1;
}

int wait_for(pid_t child) {
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

int outcome(const Order& order, int status) {
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : kBySignal + WTERMSIG(status);
    if (order.status || code == 0)
        return code;
    // Who has pressed Ctrl+C, or reads no further (| head), knows.
    if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGINT || WTERMSIG(status) == SIGPIPE))
        return kFailed;
    const std::string how =
        WIFEXITED(status) ? "exit status " + std::to_string(code) : std::string(strsignal(WTERMSIG(status)));
    told(order, order.argv[0], how.c_str());
    return kFailed;
}

int run(const Order& order) {
    int going[2], failing[2];
    if (pipe2(going, O_CLOEXEC) != 0 || pipe2(failing, O_CLOEXEC) != 0)
        return told(order, "pipe2", strerror(errno)), kFailed;
    UniqueFd goRead{going[0]}, goWrite{going[1]}, failedRead{failing[0]}, failedWrite{failing[1]};
    clone_args arguments{};
    arguments.flags = order.namespaces;
    arguments.exit_signal = SIGCHLD;
    const pid_t child = sys::clone3(arguments);
    if (child < 0)
        return told(order, "cannot make the namespaces", strerror(errno)), kFailed;
    if (child == 0) {
        goWrite.reset();
        failedRead.reset();
        become(order, std::move(goRead), std::move(failedWrite));
    }
    goRead.reset();
    failedWrite.reset();
    // Typed at the terminal they are the command's; we stay to tell how it ended.
    signal(SIGINT, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    if (!write_maps(order, child)) {
        goWrite.reset();
        wait_for(child);
        return kFailed;
    }
    move_interfaces(order, child);
    (void)!write(goWrite.get(), "", 1);
    if (byte_from(failedRead.get())) {
        wait_for(child);
        return kFailed;
    }
    return order.daemon ? 0 : outcome(order, wait_for(child));
}

} // namespace
} // namespace tlxc

int main(int argc, char** argv) {
    tlxc::Order order;
    if (!tlxc::parse(argc, argv, order)) {
        fputs("usage: tlxc-namespaces LABEL namespaces=BITS [WORD]... -- COMMAND [ARGUMENT]...\n", stderr);
        return 2;
    }
    return tlxc::run(order);
}
