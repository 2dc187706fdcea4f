#include "addon/aside.h"

#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>

namespace tlxc {
namespace {

struct Aside {
    std::function<void()> work;
    std::shared_ptr<UniqueFd> done;
};

void* run(void* argument) {
    const std::unique_ptr<Aside> aside{static_cast<Aside*>(argument)};
    aside->work();
    ::eventfd_write(aside->done->get(), 1);
    return nullptr;
}

} // namespace

std::shared_ptr<UniqueFd> begin_aside(std::function<void()> work) {
    auto done = std::make_shared<UniqueFd>(::eventfd(0, EFD_CLOEXEC));
    if (!*done)
        return nullptr;
    auto aside = std::make_unique<Aside>(std::move(work), done);
    // As libuv does with its own: signals of the process are for threads that handle them.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    const bool born = ::pthread_create(&thread, nullptr, run, aside.get()) == 0;
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (!born)
        return nullptr;
    static_cast<void>(aside.release()); // the thread's
    ::pthread_detach(thread);
    return done;
}

} // namespace tlxc
