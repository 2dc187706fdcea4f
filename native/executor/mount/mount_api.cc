#include "executor/mount/mount_api.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <string_view>

namespace tlxc::mount_api {
namespace {

struct Word {
    std::string_view name;
    uint64_t set;
    uint64_t clear;
};

// The access times exclude one another: the kernel wants the whole field cleared before one is set.
constexpr Word kAttributes[] = {
    {"ro", MOUNT_ATTR_RDONLY, 0},
    {"rw", 0, MOUNT_ATTR_RDONLY},
    {"nosuid", MOUNT_ATTR_NOSUID, 0},
    {"suid", 0, MOUNT_ATTR_NOSUID},
    {"nodev", MOUNT_ATTR_NODEV, 0},
    {"dev", 0, MOUNT_ATTR_NODEV},
    {"noexec", MOUNT_ATTR_NOEXEC, 0},
    {"exec", 0, MOUNT_ATTR_NOEXEC},
    {"noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
    {"atime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
    {"nodiratime", MOUNT_ATTR_NODIRATIME, 0},
    {"diratime", 0, MOUNT_ATTR_NODIRATIME},
    {"relatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
    {"strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME},
    {"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0},
};
constexpr Word kPropagations[] = {
    {"private", MS_PRIVATE, 0},
    {"slave", MS_SLAVE, 0},
    {"shared", MS_SHARED, 0},
    {"unbindable", MS_UNBINDABLE, 0},
};

Result<mount_attr> attributes_of(const std::vector<std::string>& words) {
    mount_attr attributes{};
    for (const auto& word : words) {
        const Word* known = nullptr;
        for (const auto& each : kAttributes)
            if (each.name == word)
                known = &each;
        if (known == nullptr)
            return refusal("mount", "unknown attribute " + word);
        attributes.attr_set |= known->set;
        attributes.attr_clr |= known->clear;
    }
    return attributes;
}

Status set(int mount, mount_attr attributes, Depth depth) {
    const unsigned flags = AT_EMPTY_PATH | (depth == Depth::Tree ? AT_RECURSIVE : 0);
    if (mount_setattr(mount, "", flags, &attributes, sizeof attributes) != 0)
        return syscall_failure("mount", "mount_setattr");
    return {};
}

// What the kernel wrote into the context's log, a message a read, each after "e ", "w " or "i ".
std::string log_of(int context) {
    std::string log;
    char message[512];
    for (ssize_t size; (size = read(context, message, sizeof message)) > 0;) {
        if (!log.empty())
            log += "; ";
        std::string_view text{message, static_cast<size_t>(size)};
        while (text.ends_with('\n'))
            text.remove_suffix(1);
        if (text.starts_with("e ") || text.starts_with("w ") || text.starts_with("i "))
            text.remove_prefix(2);
        log += text;
    }
    return log;
}

Failure context_failure(int context, const char* syscall, const std::string& about) {
    Failure failure = syscall_failure("mount", syscall);
    failure.detail = log_of(context);
    if (failure.detail.empty())
        failure.detail = about;
    return failure;
}

Status set_options(int context, const std::vector<std::string>& options) {
    for (const auto& option : options) {
        const size_t equals = option.find('=');
        const std::string key = option.substr(0, equals);
        const bool isFlag = equals == std::string::npos;
        const char* value = isFlag ? nullptr : option.c_str() + equals + 1;
        if (fsconfig(context, isFlag ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING, key.c_str(), value, 0) != 0)
            return context_failure(context, "fsconfig", "option " + option);
    }
    return {};
}

Status configure(int context, const Filesystem& filesystem) {
    if (!filesystem.source.empty() &&
        fsconfig(context, FSCONFIG_SET_STRING, "source", filesystem.source.c_str(), 0) != 0)
        return context_failure(context, "fsconfig", "source " + filesystem.source);
    TRY(set_options(context, filesystem.options));
    if (fsconfig(context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0)
        return context_failure(context, "fsconfig", "filesystem " + filesystem.type);
    return {};
}

} // namespace

Result<UniqueFd> clone(int dir, const std::string& path, Depth depth) {
    const unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (path.empty() ? AT_EMPTY_PATH : 0) |
                           (depth == Depth::Tree ? AT_RECURSIVE : 0);
    UniqueFd mount{open_tree(dir, path.c_str(), flags)};
    if (!mount)
        return syscall_failure("mount", "open_tree", path);
    return mount;
}

Result<UniqueFd> make(const Filesystem& filesystem) {
    const mount_attr attributes = TRY(attributes_of(filesystem.attributes));
    const UniqueFd context{fsopen(filesystem.type.c_str(), FSOPEN_CLOEXEC)};
    if (!context) {
        Failure failure = syscall_failure("mount", "fsopen");
        failure.detail = "filesystem " + filesystem.type;
        return failure;
    }
    TRY(configure(context.get(), filesystem));
    UniqueFd mount{fsmount(context.get(), FSMOUNT_CLOEXEC, static_cast<unsigned>(attributes.attr_set))};
    if (!mount)
        return context_failure(context.get(), "fsmount", "filesystem " + filesystem.type);
    return mount;
}

Status set_attributes(int mount, const std::vector<std::string>& attributes) {
    if (attributes.empty())
        return {};
    return set(mount, TRY(attributes_of(attributes)), Depth::Top);
}

Status make_readonly(int mount) {
    return set(mount, {.attr_set = MOUNT_ATTR_RDONLY}, Depth::Top);
}

Status reconfigure(int mount, const std::vector<std::string>& options) {
    const UniqueFd context{fspick(mount, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH)};
    if (!context)
        return syscall_failure("mount", "fspick");
    TRY(set_options(context.get(), options));
    if (fsconfig(context.get(), FSCONFIG_CMD_RECONFIGURE, nullptr, nullptr, 0) != 0)
        return context_failure(context.get(), "fsconfig", "remount");
    return {};
}

Status set_idmap(int mount, int userNamespace) {
    const auto descriptor = static_cast<uint64_t>(userNamespace);
    return set(mount, {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = descriptor}, Depth::Tree);
}

Status set_idmap(int mount, const std::string& whose, int containers) {
    if (whose.empty())
        return {};
    UniqueFd other;
    if (whose != "container") {
        other = UniqueFd{open(whose.c_str(), O_RDONLY | O_NOCTTY | O_CLOEXEC)};
        if (!other)
            return syscall_failure("idmap", "open", whose);
    } else if (containers < 0) {
        return refusal("idmap", "no user namespace to map with");
    }
    Status mapped = set_idmap(mount, other ? other.get() : containers);
    if (!mapped.ok())
        mapped.failure().detail = "idmap";
    return mapped;
}

Status set_propagation(int mount, const std::string& word) {
    const Depth depth = word.starts_with('r') ? Depth::Tree : Depth::Top;
    const std::string_view name = std::string_view(word).substr(depth == Depth::Tree ? 1 : 0);
    for (const auto& each : kPropagations)
        if (each.name == name)
            return set(mount, {.propagation = each.set}, depth);
    return refusal("mount", "unknown propagation " + word);
}

Status attach(int mount, int target) {
    if (move_mount(mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0)
        return syscall_failure("mount", "move_mount");
    return {};
}

} // namespace tlxc::mount_api
