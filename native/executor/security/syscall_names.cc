#include "executor/security/syscall_names.h"

#include <seccomp.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace tlxc::syscall_names {

int print(int count, char** pairs) {
    for (int at = 0; at < count; at++) {
        const std::string_view pair = pairs[at];
        const size_t colon = pair.find(':');
        if (colon == std::string_view::npos)
            return 2;
        uint32_t architecture = 0;
        int number = -1;
        std::from_chars(pair.data(), pair.data() + colon, architecture, 16);
        std::from_chars(pair.data() + colon + 1, pair.data() + pair.size(), number);
        // libseccomp's numbers of architectures are the kernel's own.
        char* name = seccomp_syscall_resolve_num_arch(architecture, number);
        std::puts(name == nullptr ? "" : name);
        std::free(name);
    }
    return 0;
}

} // namespace tlxc::syscall_names
