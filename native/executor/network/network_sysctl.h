// The switches of one interface under /proc/sys/net, of the network namespace that the caller is in.
#pragma once
#include <string>

namespace tlxc::network::sysctl {

// interface: a name, or "all".
[[nodiscard]] std::string path(int family, const std::string& interface, const char* what);
// Its value, without the line's end; "" where it cannot be read.
[[nodiscard]] std::string read(const std::string& path);
// false with errno set.
[[nodiscard]] bool write(const std::string& path, const char* value);

} // namespace tlxc::network::sysctl
