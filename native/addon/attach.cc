// Attach, the caller's half: copies the request out of JavaScript and prepares all that the child needs.
#include <fcntl.h>
#include <sched.h>
#include <sys/capability.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string_view>

#include "addon/attach_pty.h"
#include "addon/families.h"
#include "addon/js.h"
#include "attach/child.h"
#include "attach/image.h"
#include "common/pointers.h"
#include "common/resources.h"

namespace tlxc {
namespace {

constexpr unsigned long kSamePersonality = 0xffffffffUL;

int namespace_flags(const std::vector<std::string>& names) {
    constexpr std::pair<std::string_view, int> table[] = {
        {"user", CLONE_NEWUSER},     {"mount", CLONE_NEWNS}, {"pid", CLONE_NEWPID},
        {"uts", CLONE_NEWUTS},       {"ipc", CLONE_NEWIPC},  {"net", CLONE_NEWNET},
        {"cgroup", CLONE_NEWCGROUP}, {"time", CLONE_NEWTIME}};
    int flags = 0;
    for (const auto& name : names)
        for (const auto& [known, flag] : table)
            if (name == known)
                flags |= flag;
    return flags;
}

Result<unsigned long long> capability_bits(const Napi::Object& request) {
    unsigned long long bits = 0;
    if (request.Get("capabilities").IsNull())
        return bits;
    for (const auto& name : js::texts(request, "capabilities")) {
        cap_value_t value = 0;
        if (cap_from_name(("cap_" + name).c_str(), &value) != 0)
            return refusal("capabilities", "unknown", name);
        bits |= 1ULL << value;
    }
    return bits;
}

unsigned long personality_number(const std::string& name) {
    if (name == "linux32")
        return PER_LINUX32;
    if (name == "linux64")
        return PER_LINUX;
    return kSamePersonality;
}

// The request, copied out of JavaScript, with what was opened for it.
struct Attach {
    std::string apparmorProfile, selinuxContext, cwd;
    std::vector<ProcessLimit> limits;
    std::string leafPath;
    UniqueFd leaf;
    std::vector<std::string> cgroupTasks, environment, argv;
    std::vector<gid_t> groups;
    std::vector<sock_filter> filter;
    Pty pty;
    AttachChild child{};
};

std::vector<std::string> enter_arguments(const Napi::Object& request, int ttyFd) {
    std::string flags = "-";
    if (js::flag(request, "identity"))
        flags += 'i';
    if (js::flag(request, "remount"))
        flags += 'r';
    std::vector<std::string> argv{"tlxc-enter", js::text(request, "label"), std::to_string(ttyFd),
                                  std::to_string(::getpid()), flags};
    for (auto& word : js::texts(request, "argv"))
        argv.push_back(std::move(word));
    return argv;
}

// Puts the pty's slave where the request says, and tells which of 0, 1, 2 that is first; -1: none.
Result<int> open_terminal(Attach& attach, const Napi::Object& request) {
    const auto stdio = js::numbers(request, "stdio");
    int first = -1;
    for (int i = 2; i >= 0; --i) {
        attach.child.stdio[i] = stdio.at(static_cast<size_t>(i));
        if (attach.child.stdio[i] < 0)
            first = i;
    }
    if (first < 0)
        return first;
    auto pty = open_pty({.devptsFd = js::number(request, "devptsFd"),
                         .uid = js::id(request, "ptyUid"),
                         .gid = js::id(request, "ptyGid"),
                         .userOf = js::flag(request, "ptyInside") ? js::number(request, "initPidfd") : -1,
                         .openerUid = js::id(request, "uid"),
                         .openerGid = js::id(request, "gid"),
                         .rows = static_cast<unsigned short>(js::number(request, "rows")),
                         .columns = static_cast<unsigned short>(js::number(request, "columns")),
                         // The caller's terminal goes raw only where it is standard input, too.
                         .translate = first == 0});
    if (!pty.ok())
        return pty.failure();
    attach.pty = std::move(pty.value());
    for (int& fd : attach.child.stdio)
        if (fd < 0)
            fd = attach.pty.slave.get();
    return first;
}

void copy_request(Attach& attach, const Napi::Object& request) {
    attach.cwd = js::text(request, "cwd");
    const auto profile = js::text(request, "apparmorProfile");
    if (!profile.empty())
        attach.apparmorProfile = "exec " + profile;
    attach.selinuxContext = js::text(request, "selinuxContext");
    attach.cgroupTasks = js::texts(request, "cgroupTasks");
    attach.leafPath = js::text(request, "cgroupLeaf");
    attach.environment = js::texts(request, "environment");
    for (const int group : js::numbers(request, "groups"))
        attach.groups.push_back(static_cast<gid_t>(group));
    auto& child = attach.child;
    child.initPidfd = js::number(request, "initPidfd");
    child.namespaces = namespace_flags(js::texts(request, "namespaces"));
    child.insideMounts = (child.namespaces & CLONE_NEWNS) != 0;
    child.personality = personality_number(js::text(request, "personality"));
    child.uid = js::id(request, "uid");
    child.gid = js::id(request, "gid");
    child.noNewPrivileges = js::flag(request, "noNewPrivileges");
    child.keepCapabilities = request.Get("capabilities").IsNull();
    child.groups = attach.groups;
    child.apparmorProfile = attach.apparmorProfile.c_str();
    child.selinuxContext = attach.selinuxContext.c_str();
    child.corePid = js::number(request, "corePid");
    child.cwd = attach.cwd.c_str();
    child.cwdAsked = js::flag(request, "cwdAsked");
}

Status copy_limits(Attach& attach, const Napi::Object& request) {
    const auto limits = request.Get("limits").As<Napi::Array>();
    for (uint32_t i = 0; i < limits.Length(); ++i) {
        const auto each = limits.Get(i).As<Napi::Object>();
        const auto name = js::text(each, "resource");
        const int resource = resources::number_of(name);
        if (resource < 0)
            return refusal("limits", "unknown", name);
        attach.limits.push_back({resource,
                                 {.rlim_cur = resources::amount_of(js::text(each, "soft")),
                                  .rlim_max = resources::amount_of(js::text(each, "hard"))}});
    }
    attach.child.limits = attach.limits;
    return {};
}

// The container cannot make links here: the path is as good as the hierarchy's mount point.
Status open_leaf(Attach& attach) {
    attach.child.leafPath = attach.leafPath.c_str();
    attach.child.leaf = -1;
    if (attach.leafPath.empty())
        return {};
    attach.leaf.reset(::open(attach.leafPath.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!attach.leaf)
        return syscall_failure("cgroup", "open", attach.leafPath);
    attach.child.leaf = attach.leaf.get();
    return {};
}

// Fills in what can fail, in the order in which a person would want to hear of it, then starts the child.
Result<pid_t> perform(Attach& attach, const Napi::Object& request) {
    copy_request(attach, request);
    auto& child = attach.child;
    auto capabilities = capability_bits(request);
    if (!capabilities.ok())
        return capabilities.failure();
    child.capabilities = capabilities.value();
    if (Status copied = copy_limits(attach, request); !copied.ok())
        return copied.failure();
    if (Status opened = open_leaf(attach); !opened.ok())
        return opened.failure();
    auto enter = sealed_enter(js::text(request, "enter"));
    if (!enter.ok())
        return enter.failure();
    child.enterFd = enter.value();
    auto filter = read_filter(js::number(request, "seccompFd"));
    if (!filter.ok())
        return filter.failure();
    attach.filter = std::move(filter.value());
    child.seccomp = attach.filter;
    child.listeners = js::number(request, "listenersFd");
    auto ttyFd = open_terminal(attach, request);
    if (!ttyFd.ok())
        return ttyFd.failure();
    attach.argv = enter_arguments(request, ttyFd.value());
    const auto argv = pointers(attach.argv);
    const auto environment = pointers(attach.environment);
    const auto tasks = pointers(attach.cgroupTasks);
    child.argv = argv.data();
    child.environment = environment.data();
    child.cgroupTasks = {tasks.data(), attach.cgroupTasks.size()};
    return start_attach(child);
}

Napi::Value attach(const Napi::CallbackInfo& info) {
    const auto env = info.Env();
    Attach attach;
    auto pid = perform(attach, info[0].As<Napi::Object>());
    if (!pid.ok())
        return js::failure(env, pid.failure());
    auto out = Napi::Object::New(env);
    out.Set("pid", pid.value());
    out.Set("pidfd", static_cast<int>(::syscall(SYS_pidfd_open, pid.value(), 0)));
    out.Set("ptyMaster", attach.pty.master.release()); // JavaScript's, like the pidfd
    return out;
}

} // namespace

void export_attach(Napi::Env env, Napi::Object exports) {
    exports.Set("attach", Napi::Function::New(env, attach));
}

} // namespace tlxc
