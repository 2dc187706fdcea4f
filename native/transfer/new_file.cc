#include "transfer/new_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/random.h>

#include <cstdio>
#include <cstring>

namespace tlxc::transfer {
namespace {

// For the signal handler: what is to be removed. One file is written at a time.
volatile sig_atomic_t unfinished = -1; // its directory
char unfinishedName[32];

void end_by(int signal) {
    if (unfinished >= 0)
        unlinkat(unfinished, unfinishedName, 0);
    _exit(128 + signal);
}

std::string random_name() {
    uint64_t number = 0;
    // Without the kernel's random numbers the name may be foreseen, and is then refused by O_EXCL.
    (void)!getrandom(&number, sizeof number, GRND_NONBLOCK);
    char name[sizeof unfinishedName];
    snprintf(name, sizeof name, ".tlxc-%016llx", static_cast<unsigned long long>(number));
    return name;
}

} // namespace

void NewFile::remove_when_interrupted() {
    struct sigaction action {};
    action.sa_handler = end_by;
    sigfillset(&action.sa_mask);
    for (const int signal : {SIGHUP, SIGINT, SIGTERM})
        sigaction(signal, &action, nullptr);
}

NewFile::NewFile(int directory) : directory_(directory), name_(random_name()) {
    strcpy(unfinishedName, name_.c_str());
}

NewFile::~NewFile() {
    if (made_)
        unlinkat(directory_, name_.c_str(), 0);
    unfinished = -1; // after it: a signal in between finds nothing left, and not a file that nobody removes
}

Status NewFile::make_file() {
    unfinished = directory_;
    fd_.reset(openat(directory_, name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd_)
        return syscall_failure(kStep, "openat", name_);
    made_ = true;
    return {};
}

Status NewFile::make_link(const std::string& target) {
    unfinished = directory_;
    if (symlinkat(target.c_str(), directory_, name_.c_str()) != 0)
        return syscall_failure(kStep, "symlinkat", name_);
    made_ = true;
    fd_.reset(openat(directory_, name_.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!fd_)
        return syscall_failure(kStep, "openat", name_);
    return {};
}

Status NewFile::take_name(const std::string& name) {
    if (renameat(directory_, name_.c_str(), directory_, name.c_str()) != 0)
        return syscall_failure(kStep, "renameat", name);
    made_ = false;
    unfinished = -1;
    return {};
}

} // namespace tlxc::transfer
