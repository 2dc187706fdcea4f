// System calls that libseccomp 2.5.4 (Debian 12) has no names for yet. Since Linux 5.1 a new call has one
// number on every architecture but for a base that mips and x32 add, which have none of these here.
#pragma once
#include <cstring>
#include <string>
#include <utility>

namespace tlxc::security {

inline constexpr std::pair<const char*, int> kNewerCalls[] = {
    {"cachestat", 451},         {"fchmodat2", 452},         {"map_shadow_stack", 453}, {"futex_wake", 454},
    {"futex_wait", 455},        {"futex_requeue", 456},     {"statmount", 457},        {"listmount", 458},
    {"lsm_get_self_attr", 459}, {"lsm_set_self_attr", 460}, {"lsm_list_modules", 461}, {"mseal", 462},
    {"setxattrat", 463},        {"getxattrat", 464},        {"listxattrat", 465},      {"removexattrat", 466},
    {"open_tree_attr", 467},    {"file_getattr", 468},      {"file_setattr", 469},
};

// -1: no such name, or a machine with numbers of its own.
inline int newer_call(const std::string& name) {
#ifndef __mips__
    for (const auto& [known, number] : kNewerCalls)
        if (name == known)
            return number;
#endif
    return -1;
}

} // namespace tlxc::security
