#include "monitor/plan_text.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "plan/reader.h"

namespace tlxc::plan_text {
namespace {

constexpr size_t kMaxBytes = 4 << 20;
constexpr int kSealed = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

} // namespace

Result<UniqueFd> receive(UniqueFd source) {
    struct stat info {};
    // One that cannot change any more is as good as a copy; it is mapped, so its offset does not matter.
    if (fcntl(source.get(), F_GET_SEALS) == kSealed && fstat(source.get(), &info) == 0) {
        if (info.st_size > static_cast<off_t>(kMaxBytes))
            return refusal("plan", "too-long");
        return source;
    }
    UniqueFd text{memfd_create("tlxc-plan", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (!text)
        return syscall_failure("plan", "memfd_create");
    char part[16384];
    size_t total = 0;
    for (ssize_t n; (n = read(source.get(), part, sizeof part)) != 0;) {
        if (n < 0)
            return syscall_failure("plan", "read");
        total += static_cast<size_t>(n);
        if (total > kMaxBytes)
            return refusal("plan", "too-long");
        if (write(text.get(), part, static_cast<size_t>(n)) != n)
            return syscall_failure("plan", "write");
    }
    if (fcntl(text.get(), F_ADD_SEALS, kSealed) != 0)
        return syscall_failure("plan", "fcntl");
    return text;
}

Result<plan::StartPlan> parse(const UniqueFd& text) {
    struct stat info {};
    if (fstat(text.get(), &info) != 0)
        return syscall_failure("plan", "fstat");
    if (info.st_size == 0)
        return refusal("plan", "empty");
    const auto size = static_cast<size_t>(info.st_size);
    void* const bytes = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, text.get(), 0);
    if (bytes == MAP_FAILED)
        return syscall_failure("plan", "mmap");
    Result<plan::StartPlan> plan = plan::parse({static_cast<const char*>(bytes), size});
    munmap(bytes, size);
    return plan;
}

} // namespace tlxc::plan_text
