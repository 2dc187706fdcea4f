#include "user-nic/target.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <string>

namespace tlxc::user_nic {
namespace {

bool same_namespace(int a, int b) {
    struct stat first {
    }, second{};
    return fstat(a, &first) == 0 && fstat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

bool is_owned_by(int network, uid_t user) {
    if (ioctl(network, NS_GET_NSTYPE) != CLONE_NEWNET)
        return false;
    const UniqueFd owner{ioctl(network, NS_GET_USERNS)};
    const UniqueFd ours{open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC)};
    uid_t maker = 0;
    return owner && ours && !same_namespace(owner.get(), ours.get()) &&
           ioctl(owner.get(), NS_GET_OWNER_UID, &maker) == 0 && maker == user;
}

} // namespace

UniqueFd open_own_network(pid_t pid, uid_t user) {
    const std::string path = "/proc/" + std::to_string(pid) + "/ns/net";
    if (setresuid(static_cast<uid_t>(-1), user, 0) != 0)
        return {};
    UniqueFd network{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (setresuid(static_cast<uid_t>(-1), 0, 0) != 0 || !network || !is_owned_by(network.get(), user))
        return {};
    return network;
}

} // namespace tlxc::user_nic
