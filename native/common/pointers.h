// Words as execve takes them.
#pragma once
#include <string>
#include <vector>

namespace tlxc {

// Ends with a null pointer, and is good as long as the words are. execve takes char* and changes nothing.
[[nodiscard]] inline std::vector<char*> pointers(const std::vector<std::string>& words) {
    std::vector<char*> all;
    all.reserve(words.size() + 1);
    for (const auto& word : words)
        all.push_back(const_cast<char*>(word.c_str()));
    all.push_back(nullptr);
    return all;
}

} // namespace tlxc
