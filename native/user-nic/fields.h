// Lines of words with blanks between them, as both of this program's files have.
#pragma once
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

namespace tlxc::user_nic {

// The words of the next line, none for an empty one; "#" begins a comment. false at the end. A line that is
// too long has no words.
inline bool next_fields(FILE* file, std::vector<std::string>& fields) {
    fields.clear();
    char line[512];
    if (fgets(line, sizeof line, file) == nullptr)
        return false;
    const bool whole = strchr(line, '\n') != nullptr || feof(file) != 0;
    if (!whole)
        for (int c; (c = fgetc(file)) != EOF && c != '\n';) {
        }
    if (char* comment = strchr(line, '#'))
        *comment = '\0';
    char* rest = nullptr;
    for (char* word = strtok_r(line, " \t\r\n", &rest); whole && word != nullptr;
         word = strtok_r(nullptr, " \t\r\n", &rest))
        fields.emplace_back(word);
    return true;
}

} // namespace tlxc::user_nic
