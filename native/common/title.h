// What ps shows of the monitor and, in place of its role, of a child that stays: the caller's argv[0].
#pragma once
#include <string_view>

namespace tlxc::title {

constexpr std::string_view kRole = "monitor";
void keep(char* title);
// Takes the words after the title out of what others see of the command line. The kernel shows no more than
// the first word where the last one does not end with a NUL, which it takes for setproctitle(3).
void hide_words(char* last);
// `role` has as many letters as kRole: the kernel shows the memory that the process began with.
void show_role(std::string_view role);

} // namespace tlxc::title
