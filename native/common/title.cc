#include "common/title.h"

#include <cstring>

namespace tlxc::title {
namespace {

char* own = nullptr;

} // namespace

void keep(char* title) {
    own = title;
}

void hide_words(char* last) {
    last[strlen(last)] = ' ';
}

void show_role(std::string_view role) {
    char* shown = own == nullptr ? nullptr : strstr(own, kRole.data());
    if (shown != nullptr && role.size() == kRole.size())
        memcpy(shown, role.data(), role.size());
}

} // namespace tlxc::title
