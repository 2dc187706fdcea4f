#pragma once
#include <string>
#include <utility>

namespace tlxc {

// The directory part of a path ("." where it has none) and its last name; slashes at the end count for
// nothing.
inline std::pair<std::string, std::string> split_path(std::string path) {
    while (path.size() > 1 && path.back() == '/')
        path.pop_back();
    const size_t slash = path.rfind('/');
    if (slash == std::string::npos)
        return {".", path};
    return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

} // namespace tlxc
