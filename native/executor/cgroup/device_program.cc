#include "executor/cgroup/device_program.h"

#include <linux/bpf.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "common/unique_fd.h"

namespace tlxc::cgroup {
namespace {

constexpr int32_t kAny = -1;

struct Exception {
    int32_t type;
    int64_t major;
    int64_t minor;
    int32_t access;
};

// The list as the kernel's v1 devices controller keeps it, so that the same rules mean the same on v1 and v2.
struct DeviceList {
    bool allowByDefault = true;
    std::vector<Exception> exceptions;

    void apply(const plan::DeviceRule& rule);
};

int32_t access_bits(std::string_view letters) {
    int32_t bits = 0;
    if (letters.find('m') != letters.npos)
        bits |= BPF_DEVCG_ACC_MKNOD;
    if (letters.find('r') != letters.npos)
        bits |= BPF_DEVCG_ACC_READ;
    if (letters.find('w') != letters.npos)
        bits |= BPF_DEVCG_ACC_WRITE;
    return bits;
}

void DeviceList::apply(const plan::DeviceRule& rule) {
    if (rule.type == "a") {
        allowByDefault = rule.allow;
        exceptions.clear();
        return;
    }
    const Exception wanted{.type = rule.type == "b" ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR,
                           .major = rule.major,
                           .minor = rule.minor,
                           .access = access_bits(rule.access)};
    const auto same = std::ranges::find_if(exceptions, [&wanted](const Exception& each) {
        return each.type == wanted.type && each.major == wanted.major && each.minor == wanted.minor;
    });
    if (rule.allow != allowByDefault) {
        if (same == exceptions.end())
            exceptions.push_back(wanted);
        else
            same->access |= wanted.access;
    } else if (same != exceptions.end()) {
        same->access &= ~wanted.access;
        if (same->access == 0)
            exceptions.erase(same);
    }
}

class Assembler {
  public:
    // r2: type, r3: access asked for, r4: major, r5: minor; all from the context in r1.
    Assembler() {
        emit(BPF_LDX | BPF_W | BPF_MEM, BPF_REG_2, BPF_REG_1, offsetof(bpf_cgroup_dev_ctx, access_type), 0);
        emit(BPF_ALU | BPF_MOV | BPF_X, BPF_REG_3, BPF_REG_2, 0, 0);
        emit(BPF_ALU | BPF_AND | BPF_K, BPF_REG_2, 0, 0, 0xffff);
        emit(BPF_ALU | BPF_RSH | BPF_K, BPF_REG_3, 0, 0, 16);
        emit(BPF_LDX | BPF_W | BPF_MEM, BPF_REG_4, BPF_REG_1, offsetof(bpf_cgroup_dev_ctx, major), 0);
        emit(BPF_LDX | BPF_W | BPF_MEM, BPF_REG_5, BPF_REG_1, offsetof(bpf_cgroup_dev_ctx, minor), 0);
    }

    // An exception from a default of "deny" must cover all of the access asked for; one from "allow", any of
    // it.
    void exception(const Exception& exception, bool allowByDefault) {
        std::vector<size_t> misses;
        const auto miss_unless_equal = [&](uint8_t reg, int64_t value) {
            misses.push_back(emit(BPF_JMP | BPF_JNE | BPF_K, reg, 0, 0, static_cast<int32_t>(value)));
        };
        miss_unless_equal(BPF_REG_2, exception.type);
        emit(BPF_ALU | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_3, 0, 0);
        emit(BPF_ALU | BPF_AND | BPF_K, BPF_REG_1, 0, 0, exception.access);
        misses.push_back(allowByDefault ? emit(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_1, 0, 0, 0)
                                        : emit(BPF_JMP | BPF_JNE | BPF_X, BPF_REG_1, BPF_REG_3, 0, 0));
        if (exception.major != kAny)
            miss_unless_equal(BPF_REG_4, exception.major);
        if (exception.minor != kAny)
            miss_unless_equal(BPF_REG_5, exception.minor);
        answer(!allowByDefault);
        for (const size_t jump : misses)
            code_[jump].off = static_cast<int16_t>(code_.size() - jump - 1);
    }

    void answer(bool allow) {
        emit(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, allow ? 1 : 0);
        emit(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
    }

    [[nodiscard]] const std::vector<bpf_insn>& code() const { return code_; }

  private:
    size_t emit(int opcode, uint8_t to, uint8_t from, size_t offset, int32_t immediate) {
        bpf_insn instruction{};
        instruction.code = static_cast<uint8_t>(opcode);
        instruction.dst_reg = to & 0xf;
        instruction.src_reg = from & 0xf;
        instruction.off = static_cast<int16_t>(offset);
        instruction.imm = immediate;
        code_.push_back(instruction);
        return code_.size() - 1;
    }

    std::vector<bpf_insn> code_;
};

UniqueFd load(const std::vector<bpf_insn>& code) {
    static constexpr char license[] = "LGPL-2.1-or-later";
    bpf_attr attr{};
    attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
    attr.insns = reinterpret_cast<uintptr_t>(code.data());
    attr.insn_cnt = static_cast<uint32_t>(code.size());
    attr.license = reinterpret_cast<uintptr_t>(license);
    constexpr std::string_view name = "tlxc_devices";
    std::ranges::copy(name, attr.prog_name);
    return UniqueFd{static_cast<int>(syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof attr))};
}

} // namespace

Status attach_device_program(int group, const std::vector<plan::DeviceRule>& rules, UniqueFd& attached) {
    DeviceList list;
    for (const auto& rule : rules)
        list.apply(rule);
    Assembler program;
    for (const auto& exception : list.exceptions)
        program.exception(exception, list.allowByDefault);
    program.answer(list.allowByDefault);

    UniqueFd loaded = load(program.code());
    if (!loaded)
        return syscall_failure("cgroup", "bpf(BPF_PROG_LOAD)");
    bpf_attr attr{};
    attr.target_fd = static_cast<uint32_t>(group);
    attr.attach_bpf_fd = static_cast<uint32_t>(loaded.get());
    attr.attach_type = BPF_CGROUP_DEVICE;
    attr.attach_flags = BPF_F_ALLOW_MULTI;
    if (attached) { // in one step: there is no moment without a list
        attr.attach_flags |= BPF_F_REPLACE;
        attr.replace_bpf_fd = static_cast<uint32_t>(attached.get());
    }
    if (syscall(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof attr) != 0)
        return syscall_failure("cgroup", "bpf(BPF_PROG_ATTACH)");
    attached = std::move(loaded);
    return {};
}

} // namespace tlxc::cgroup
