// keys plant: puts user:tlxc-host-secret where the caller's later children find it (new session keyring, and the user's),
// then executes the rest of its arguments. keys find: says each keyring in which it is found. keys remove: undoes the user's.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char kName[] = "tlxc-host-secret";

static long add(int keyring) {
    return syscall(SYS_add_key, "user", kName, "s", (size_t)1, keyring);
}

static long search(int keyring) {
    return syscall(SYS_keyctl, KEYCTL_SEARCH, keyring, "user", kName, 0);
}

static int find(void) {
    static const struct {
        int keyring;
        const char *name;
    } all[] = {{KEY_SPEC_THREAD_KEYRING, "thread"},     {KEY_SPEC_PROCESS_KEYRING, "process"},
               {KEY_SPEC_SESSION_KEYRING, "session"},   {KEY_SPEC_USER_KEYRING, "user"},
               {KEY_SPEC_USER_SESSION_KEYRING, "user session"}};
    for (unsigned i = 0; i < sizeof all / sizeof *all; ++i)
        if (search(all[i].keyring) > 0)
            printf("found in %s\n", all[i].name);
    if (syscall(SYS_request_key, "user", kName, NULL, 0) > 0)
        puts("found by request");
    char text[65536];
    int fd = open("/proc/keys", O_RDONLY);
    ssize_t size = fd < 0 ? 0 : read(fd, text, sizeof text);
    if (size > 0 && memmem(text, (size_t)size, kName, strlen(kName)))
        puts("found in /proc/keys");
    return 0;
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "find") == 0)
        return find();
    if (argc > 1 && strcmp(argv[1], "remove") == 0)
        return syscall(SYS_keyctl, KEYCTL_UNLINK, search(KEY_SPEC_USER_KEYRING), KEY_SPEC_USER_KEYRING) != 0;
    syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
    long key = add(KEY_SPEC_USER_KEYRING);
    if (key < 0 || add(KEY_SPEC_SESSION_KEYRING) < 0)
        return perror("add_key"), 1;
    syscall(SYS_keyctl, KEYCTL_SET_TIMEOUT, key, 120); // should nobody remove it
    execvp(argv[2], argv + 2);
    return perror(argv[2]), 1;
}
