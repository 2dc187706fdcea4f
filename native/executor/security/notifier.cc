#include "executor/security/notifier.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include <algorithm>

#include "common/descriptor.h"

namespace tlxc {
namespace {

constexpr const char* kStep = "seccomp notify";
constexpr time_t kPatienceSeconds = 30; // LXC's

bool watch(const UniqueFd& epoll, int fd) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    return epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void forget(const UniqueFd& epoll, int fd) {
    epoll_ctl(epoll.get(), EPOLL_CTL_DEL, fd, nullptr);
}

bool next(const UniqueFd& epoll, epoll_event& event) {
    return epoll_wait(epoll.get(), &event, 1, 0) == 1;
}

void set_timer(const UniqueFd& timer, time_t seconds) {
    const itimerspec when{.it_value = {.tv_sec = seconds}};
    timerfd_settime(timer.get(), 0, &when, nullptr);
}

} // namespace

Result<std::unique_ptr<Notifier>> Notifier::make(const plan::SeccompNotify& plan, pid_t init) {
    std::unique_ptr<Notifier> notifier{new Notifier(NotifyProxy(plan.proxy, plan.cookie, init))};
    Status opened = notifier->open();
    if (!opened.ok())
        return at(std::move(opened.failure()), plan.origin);
    return notifier;
}

Status Notifier::open() {
    TRY(notification_.allocate());
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return syscall_failure(kStep, "socketpair");
    entrance_.reset(ends[0]);
    exit_.reset(ends[1]);
    all_.reset(epoll_create1(EPOLL_CLOEXEC));
    calls_.reset(epoll_create1(EPOLL_CLOEXEC));
    timer_.reset(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    if (!all_ || !calls_ || !timer_)
        return syscall_failure(kStep, "epoll_create1");
    for (const auto* fd : {&exit_, &calls_, &timer_})
        if (!watch(all_, fd->get()))
            return syscall_failure(kStep, "epoll_ctl");
    return {};
}

UniqueFd Notifier::entrance() const {
    return UniqueFd{fcntl(entrance_.get(), F_DUPFD_CLOEXEC, 0)};
}

Status Notifier::reach() {
    if (proxy_.address().empty() || proxy_.connect())
        return {};
    return syscall_failure(kStep, "connect", proxy_.address());
}

void Notifier::handle() {
    epoll_event event{};
    if (!next(all_, event))
        return;
    if (event.data.fd == exit_.get())
        adopt(receive_descriptor(exit_.get()));
    else if (event.data.fd == calls_.get())
        next_call();
    else if (event.data.fd == timer_.get())
        settle(false);
    else
        settle(proxy_.hear(notification_));
}

// One that cannot be watched is closed: its calls get ENOSYS from the kernel.
void Notifier::adopt(UniqueFd listener) {
    if (listener && watch(calls_, listener.get()))
        listeners_.push_back(std::move(listener));
}

void Notifier::next_call() {
    epoll_event event{};
    if (!next(calls_, event))
        return;
    if ((event.events & EPOLLIN) != 0)
        return ask(event.data.fd);
    // The last process with that filter is gone.
    std::erase_if(listeners_, [&event](const UniqueFd& each) { return each.get() == event.data.fd; });
}

void Notifier::ask(int listener) {
    if (!notification_.take(listener))
        return;
    if (!proxy_.ask(notification_, listener) || !watch(all_, proxy_.fd()))
        return notification_.answer_unknown(listener);
    asking_ = listener;
    forget(all_, calls_.get());
    set_timer(timer_, kPatienceSeconds);
}

void Notifier::settle(bool answered) {
    set_timer(timer_, 0);
    forget(all_, proxy_.fd());
    // A reply that comes later must not be taken for one to the next question.
    if (!answered)
        proxy_.disconnect();
    if (!answered || (!notification_.answer(asking_) && notification_.pending(asking_)))
        notification_.answer_unknown(asking_);
    asking_ = -1;
    (void)watch(all_, calls_.get());
}

} // namespace tlxc
