// Becoming another user than the container's root, by the names that the container's own files have.
#pragma once

namespace tlxc::enter {

// spec: USER[:GROUP], each a name or a number, as the USER of an image: without GROUP the user's own group,
// and those that /etc/group has it in. It is cut up. false: it was said why.
[[nodiscard]] bool become_user(const char* label, char* spec);

} // namespace tlxc::enter
