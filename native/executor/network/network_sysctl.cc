#include "executor/network/network_sysctl.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cstring>

#include "common/unique_fd.h"

namespace tlxc::network::sysctl {

std::string path(int family, const std::string& interface, const char* what) {
    return std::string("/proc/sys/net/") + (family == AF_INET ? "ipv4" : "ipv6") + "/conf/" + interface +
           "/" + what;
}

std::string read(const std::string& path) {
    const UniqueFd fd{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    char value[32];
    const ssize_t size = fd ? ::read(fd.get(), value, sizeof value) : 0;
    std::string text(value, size > 0 ? static_cast<size_t>(size) : 0);
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    return text;
}

bool write(const std::string& path, const char* value) {
    const UniqueFd fd{open(path.c_str(), O_WRONLY | O_CLOEXEC)};
    return fd && ::write(fd.get(), value, strlen(value)) >= 0;
}

} // namespace tlxc::network::sysctl
