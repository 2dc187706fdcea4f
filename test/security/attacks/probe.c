// Tries what no container may do, one line an attempt on standard output: NAME, then "OK" or what refused it.
// Run as the container's root. Reads count as OK only when they give data; opening a knob for writing is
// enough, nothing is written to it.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void say(const char *kind, const char *what, int ok) {
    printf("%s %s: %s\n", kind, what, ok ? "OK" : errno ? strerrorname_np(errno) : "empty");
    fflush(stdout);
}

static int writable(const char *path) {
    int fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static int readable(const char *path) {
    char byte;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    errno = 0;
    int got = read(fd, &byte, 1) == 1;
    close(fd);
    return got;
}

static int has_entries(const char *path) {
    DIR *dir = opendir(path);
    if (!dir)
        return 0;
    int entries = 0;
    for (struct dirent *entry; (entry = readdir(dir));)
        entries += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(dir);
    errno = 0;
    return entries > 0;
}

static const char *const kKnobs[] = {
    "/proc/sys/kernel/core_pattern",  "/proc/sys/kernel/modprobe",       "/proc/sys/kernel/sysrq",
    "/proc/sys/kernel/kptr_restrict", "/proc/sys/kernel/panic",          "/proc/sys/kernel/randomize_va_space",
    "/proc/sys/vm/drop_caches",       "/proc/sys/vm/overcommit_memory",  "/proc/sys/fs/suid_dumpable",
    "/proc/sys/fs/file-max",          "/proc/sys/fs/binfmt_misc/register",
    "/proc/sysrq-trigger",            "/proc/irq/default_smp_affinity",  "/proc/mtrr",
    "/proc/bus/pci/00/00.0",          "/proc/acpi/wakeup",               "/proc/scsi/scsi",
    "/proc/latency_stats",            "/proc/kcore",                     "/proc/timer_list",
    "/sys/kernel/uevent_helper",      "/sys/kernel/profiling",           "/sys/kernel/mm/ksm/run",
    "/sys/kernel/mm/transparent_hugepage/enabled",                       "/sys/power/state",
    "/sys/power/disk",                "/sys/module/kernel/parameters/panic",
    "/sys/kernel/debug/sched/verbose", "/sys/kernel/security/lsm",       "/sys/fs/cgroup/memory/release_agent",
    "/sys/fs/cgroup/systemd/release_agent",                              "/sys/kernel/vmcoreinfo",
};

static const char *const kSecrets[] = {
    "/proc/kcore",      "/proc/kmsg",          "/proc/keys",        "/proc/key-users",  "/proc/timer_list",
    "/proc/slabinfo",   "/proc/kpagecount",    "/proc/kpageflags",  "/proc/kpagecgroup", "/proc/vmallocinfo",
    "/proc/config.gz",  "/proc/sched_debug",   "/proc/latency_stats", "/sys/firmware/dmi/tables/DMI",
    "/sys/firmware/acpi/tables/FACP",
    "/sys/kernel/debug/sched/debug",           "/sys/kernel/tracing/trace",            "/sys/kernel/security/lsm",
};

static const char *const kSecretDirectories[] = {"/sys/kernel/debug",    "/sys/kernel/tracing",
                                                 "/sys/kernel/security", "/sys/fs/bpf", "/proc/scsi",
                                                 "/sys/devices/virtual/powercap"};

// Names without addresses tell nothing.
static int shows_addresses(const char *path) {
    FILE *symbols = fopen(path, "re");
    unsigned long long address = 0;
    int any = 0;
    while (symbols && !any && fscanf(symbols, "%llx %*[^\n]", &address) == 1)
        any = address != 0;
    if (symbols)
        fclose(symbols);
    return any;
}

static void knobs(const char *kind) {
    for (size_t i = 0; i < sizeof kKnobs / sizeof *kKnobs; ++i)
        say(kind, kKnobs[i], writable(kKnobs[i]));
}

static void secrets(const char *kind) {
    for (size_t i = 0; i < sizeof kSecrets / sizeof *kSecrets; ++i)
        say(kind, kSecrets[i], readable(kSecrets[i]));
    for (size_t i = 0; i < sizeof kSecretDirectories / sizeof *kSecretDirectories; ++i)
        say(kind, kSecretDirectories[i], has_entries(kSecretDirectories[i]));
    char buffer[64];
    say(kind, "/proc/kallsyms", shows_addresses("/proc/kallsyms"));
    errno = 0;
    say(kind, "syslog", syscall(SYS_syslog, 3, buffer, sizeof buffer) > 0);
}

// Every mount and every attribute of one is tried to be taken off, and fresh ones to be put elsewhere.
static void undo_protection(void) {
    static const char *const places[] = {"/proc/sys", "/proc/sysrq-trigger", "/proc/irq",  "/proc/bus",
                                         "/proc/kcore", "/proc/keys", "/proc/kallsyms", "/proc/timer_list",
                                         "/proc/acpi", "/sys/firmware", "/sys", "/proc"};
    for (size_t i = 0; i < sizeof places / sizeof *places; ++i) {
        mount(NULL, places[i], NULL, MS_REMOUNT | MS_BIND, NULL);
        mount(NULL, places[i], NULL, MS_REMOUNT, NULL);
        if (i < 10)
            umount2(places[i], MNT_DETACH);
    }
}

static void fresh(const char *kind) {
    mkdir("/fresh", 0755);
    int ok = mount("proc", "/fresh", "proc", 0, NULL) == 0;
    say(kind, "proc", ok && (writable("/fresh/sys/kernel/core_pattern") || writable("/fresh/sysrq-trigger")));
    if (ok)
        umount2("/fresh", MNT_DETACH);
    ok = mount("sysfs", "/fresh", "sysfs", 0, NULL) == 0;
    say(kind, "sysfs", ok && (writable("/fresh/power/state") || writable("/fresh/kernel/mm/ksm/run")));
    if (ok)
        umount2("/fresh", MNT_DETACH);
}

static void in_child(void (*attempt)(void)) {
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        attempt();
        exit(0);
    }
    int status;
    waitpid(pid, &status, 0);
}

static void undone(void) {
    undo_protection();
    knobs("undone-write");
    secrets("undone-read");
    fresh("fresh-write");
}

static void map_root(void) {
    static const char *const files[][2] = {
        {"/proc/self/setgroups", "deny"}, {"/proc/self/uid_map", "0 0 1"}, {"/proc/self/gid_map", "0 0 1"}};
    for (int i = 0; i < 3; ++i) {
        int fd = open(files[i][0], O_WRONLY | O_CLOEXEC);
        if (fd >= 0) {
            (void)!write(fd, files[i][1], strlen(files[i][1]));
            close(fd);
        }
    }
}

static void nested(void) {
    int ok = unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID) == 0;
    say("nested", "unshare", ok);
    if (!ok)
        return;
    map_root();
    undo_protection();
    knobs("nested-write");
    secrets("nested-read");
    in_child(undone);
}

static const char *const kFilesystems[] = {"debugfs", "tracefs", "devtmpfs", "securityfs", "configfs", "pstore",
                                           "efivarfs", "fusectl", "hugetlbfs", "nfsd", "binfmt_misc", "rpc_pipefs",
                                           "selinuxfs", "ext4", "iso9660", "squashfs", "9p", "nfs4"};

static void mounts(void) {
    mkdir("/fresh", 0755);
    for (size_t i = 0; i < sizeof kFilesystems / sizeof *kFilesystems; ++i) {
        int ok = mount("none", "/fresh", kFilesystems[i], 0, NULL) == 0;
        say("mount", kFilesystems[i], ok);
        if (ok)
            umount2("/fresh", MNT_DETACH);
    }
    static const char *const groups[] = {"memory", "devices", "pids", "cpu", "cpuset", "freezer", "blkio", "rdma",
                                         "misc", "net_cls", "perf_event", "name=systemd", "none,name=new"};
    for (size_t i = 0; i < sizeof groups / sizeof *groups; ++i) {
        int ok = mount("none", "/fresh", "cgroup", 0, groups[i]) == 0;
        say("release-agent", groups[i], ok && writable("/fresh/release_agent"));
        if (ok)
            umount2("/fresh", MNT_DETACH);
    }
}

static int descriptor(long fd) {
    if (fd >= 0)
        close((int)fd);
    return fd >= 0;
}

static void calls(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    union bpf_attr map = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
    struct perf_event_attr event = {.type = PERF_TYPE_SOFTWARE, .size = sizeof event,
                                    .config = PERF_COUNT_SW_CPU_CLOCK};
    struct io_uring_params ring = {0};
    struct {
        struct file_handle head;
        char data[128];
    } handle = {.head.handle_bytes = 128};
    int mount_id;
    say("call", "bpf", descriptor(syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof map)));
    say("call", "perf_event_open", descriptor(syscall(SYS_perf_event_open, &event, 0, -1, -1, 0)));
    say("call", "io_uring_setup", descriptor(syscall(SYS_io_uring_setup, 2, &ring)));
    say("call", "userfaultfd", descriptor(syscall(SYS_userfaultfd, O_CLOEXEC)));
    say("call", "userfaultfd-user", descriptor(syscall(SYS_userfaultfd, O_CLOEXEC | 1)));
    say("call", "keyctl", syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 1) != -1);
    say("call", "add_key", syscall(SYS_add_key, "user", "x", "x", 1, KEY_SPEC_PROCESS_KEYRING) != -1);
    say("call", "request_key", syscall(SYS_request_key, "user", "tlxc-host-secret", NULL, 0) != -1);
    syscall(SYS_name_to_handle_at, AT_FDCWD, "/", &handle, &mount_id, 0);
    int root = open("/", O_RDONLY | O_CLOEXEC);
    say("call", "open_by_handle_at", descriptor(syscall(SYS_open_by_handle_at, root, &handle, O_RDONLY)));
    close(root);
    say("call", "init_module", syscall(SYS_init_module, "", 0, "") == 0 || errno == ENOEXEC);
    say("call", "finit_module", syscall(SYS_finit_module, 0, "", 0) == 0 || errno == ENOEXEC);
    say("call", "delete_module", syscall(SYS_delete_module, "none", 0) == 0 || errno == ENOENT);
    say("call", "kexec_load", syscall(SYS_kexec_load, 0, 0, NULL, 0) == 0);
    say("call", "swapoff", syscall(SYS_swapoff, "/none") == 0 || errno == ENOENT);
    say("call", "acct", syscall(SYS_acct, NULL) == 0);
    say("call", "clock_settime", syscall(SYS_clock_settime, CLOCK_REALTIME, &now) == 0);
    say("call", "fanotify_init", descriptor(syscall(SYS_fanotify_init, 0x4, O_RDONLY)));
    say("call", "quotactl", syscall(SYS_quotactl, 0x80000100, NULL, 0, NULL) == 0);
#ifdef __x86_64__
    say("call", "iopl", syscall(SYS_iopl, 3) == 0);
    say("call", "ioperm", syscall(SYS_ioperm, 0x80, 1, 1) == 0);
    say("call", "modify_ldt", syscall(SYS_modify_ldt, 0, NULL, 0) == 0);
#endif
}

#ifdef __x86_64__
static long int80(long number, long a, long b, long c) {
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory", "r8", "r9", "r10", "r11");
    errno = result < 0 ? (int)-result : 0;
    return result < 0 ? -1 : result;
}

static void other_abis(void) {
    // i386: socketcall carries the family where no filter sees it; the numbers differ, the calls do not.
    uint32_t *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    low[0] = 38, low[1] = SOCK_SEQPACKET, low[2] = 0;
    say("i386", "socketcall AF_ALG", descriptor(int80(102, 1, (long)low, 0)));
    low[0] = 40, low[1] = SOCK_STREAM, low[2] = 0;
    say("i386", "socketcall AF_VSOCK", descriptor(int80(102, 1, (long)low, 0)));
    say("i386", "socket AF_ALG", descriptor(int80(359, 38, SOCK_SEQPACKET, 0)));
    memset(low, 0, 4096);
    say("i386", "io_uring_setup", descriptor(int80(425, 2, (long)low, 0)));
    say("i386", "userfaultfd", descriptor(int80(374, 1, 0, 0)));
    say("i386", "add_key", int80(288, -2, 0, 0) != -1);
    say("i386", "init_module", int80(128, (long)low, 0, (long)low) == 0 || errno == ENOEXEC);
}

static void x32(void) {
    say("x32", "getpid", syscall(0x40000000L | SYS_getpid) > 0);
}
#endif

static const struct {
    const char *name;
    int family, type, protocol;
} kSockets[] = {
    {"AF_ALG", 38, SOCK_SEQPACKET, 0},      {"AF_VSOCK", 40, SOCK_STREAM, 0},  {"AF_XDP", 44, SOCK_RAW, 0},
    {"AF_BLUETOOTH", 31, SOCK_RAW, 1},      {"AF_CAN", 29, SOCK_RAW, 1},       {"AF_KEY", 15, SOCK_RAW, 2},
    {"AF_RDS", 21, SOCK_SEQPACKET, 0},      {"AF_TIPC", 30, SOCK_STREAM, 0},   {"AF_SMC", 43, SOCK_STREAM, 0},
    {"AF_KCM", 41, SOCK_DGRAM, 0},          {"AF_NFC", 39, SOCK_SEQPACKET, 0}, {"AF_PPPOX", 24, SOCK_STREAM, 0},
    {"AF_QIPCRTR", 42, SOCK_DGRAM, 0},      {"AF_ATMPVC", 8, SOCK_DGRAM, 0},   {"AF_X25", 9, SOCK_SEQPACKET, 0},
    {"AF_APPLETALK", 5, SOCK_DGRAM, 0},     {"AF_AX25", 3, SOCK_DGRAM, 0},     {"AF_NETLINK/audit", 16, SOCK_RAW, 9},
    {"AF_NETLINK/crypto", 16, SOCK_RAW, 21},
};

static void sockets(void) {
    for (size_t i = 0; i < sizeof kSockets / sizeof *kSockets; ++i)
        say("socket", kSockets[i].name,
            descriptor(socket(kSockets[i].family, kSockets[i].type, kSockets[i].protocol)));
}

// A node is made where that is allowed; what counts is whether it opens what lies behind it.
static void device(const char *name, mode_t type, int major, int minor) {
    static const char *const places[] = {"/dev/attack", "/attack", "/tmp/attack", "/run/attack"};
    int opened = 0, error = 0;
    for (size_t i = 0; i < sizeof places / sizeof *places; ++i) {
        unlink(places[i]);
        errno = 0;
        if (mknod(places[i], type | 0600, makedev(major, minor)) == 0)
            opened |= descriptor(open(places[i], O_RDONLY | O_NONBLOCK | O_CLOEXEC));
        error = errno;
        unlink(places[i]);
    }
    errno = error;
    say("device", name, opened);
}

static void devices(char **disks) {
    device("mem", S_IFCHR, 1, 1);
    device("kmsg", S_IFCHR, 1, 11);
    device("port", S_IFCHR, 1, 4);
    device("loop0", S_IFBLK, 7, 0);
    device("loop-control", S_IFCHR, 10, 237);
    device("kvm", S_IFCHR, 10, 232);
    device("vhost-net", S_IFCHR, 10, 238);
    device("userfaultfd", S_IFCHR, 10, 126);
    device("tty1", S_IFCHR, 4, 1);
    device("ttyS0", S_IFCHR, 4, 64);
    for (; *disks; ++disks) {
        int major, minor;
        if (sscanf(*disks, "%d:%d", &major, &minor) == 2)
            device(*disks, S_IFBLK, major, minor);
    }
}

// What must work, or the rest of the list would say nothing.
static void controls(void) {
    say("control", "open /dev/null", writable("/dev/null"));
    say("control", "read /proc/self/status", readable("/proc/self/status"));
    say("control", "AF_UNIX", descriptor(socket(AF_UNIX, SOCK_STREAM, 0)));
    say("control", "AF_NETLINK/route", descriptor(socket(AF_NETLINK, SOCK_RAW, 0)));
    device("null", S_IFCHR, 1, 3);
}

// Arguments: the host's disks, MAJOR:MINOR.
int main(int argc, char **argv) {
    (void)argc;
    controls();
    knobs("write");
    secrets("read");
    mounts();
    calls();
    sockets();
    devices(argv + 1);
#ifdef __x86_64__
    in_child(other_abis);
    in_child(x32);
#endif
    in_child(nested);
    in_child(undone);
    return 0;
}
