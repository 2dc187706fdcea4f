#include "executor/boot_id.h"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>

#include "common/unique_fd.h"

namespace tlxc::boot_id {
namespace {

constexpr size_t kTextSize = 37; // 32 digits, four dashes, a newline

// Empty where the kernel has no random bytes to give yet.
std::string random_uuid() {
    std::array<uint8_t, 16> bytes{};
    if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
        return {};
    bytes[6] = static_cast<uint8_t>((bytes[6] & 0x0F) | 0x40); // version 4
    bytes[8] = static_cast<uint8_t>((bytes[8] & 0x3F) | 0x80); // variant 1
    std::string text;
    for (size_t i = 0; i < bytes.size(); ++i) {
        std::array<char, 3> digits{};
        (void)std::snprintf(digits.data(), digits.size(), "%02x", bytes[i]);
        if (i == 4 || i == 6 || i == 8 || i == 10)
            text += '-';
        text += digits.data();
    }
    return text + '\n';
}

} // namespace

Status write(int directory, const char* name) {
    const std::string text = random_uuid();
    if (text.size() != kTextSize)
        return syscall_failure("boot-id", "getrandom");
    const UniqueFd file{openat(directory, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0444)};
    if (!file || ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        return syscall_failure("boot-id", "write");
    return {};
}

} // namespace tlxc::boot_id
