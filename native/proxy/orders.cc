#include "proxy/orders.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "common/descriptor.h"
#include "proxy/datagrams.h"
#include "proxy/streams.h"

namespace tlxc::proxy {
namespace {

// False: the monitor is gone.
bool receive(int socket, forward::Order& order, UniqueFd& listener) {
    DescriptorSpace control{};
    iovec data{.iov_base = &order, .iov_len = sizeof order};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control;
    if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != sizeof order)
        return false;
    const cmsghdr* const rights = CMSG_FIRSTHDR(&message);
    if (rights == nullptr || rights->cmsg_type != SCM_RIGHTS || rights->cmsg_len != CMSG_LEN(sizeof(int)))
        return true;
    int fd = -1;
    memcpy(&fd, CMSG_DATA(rights), sizeof fd);
    listener.reset(fd);
    return true;
}

} // namespace

bool Orders::begin() {
    return loop_.add(socket_, EPOLLIN, *this);
}

void Orders::ready(unsigned, uint32_t) {
    forward::Order order;
    UniqueFd listener;
    if (!receive(socket_, order, listener))
        _exit(0);
    if (!answer(socket_, obey(order, std::move(listener))))
        _exit(0);
}

forward::Answer Orders::obey(const forward::Order& order, UniqueFd listener) {
    if (order.kind == forward::Order::Kind::Drop) {
        drop(order.number);
        return {};
    }
    std::unique_ptr<Carrier> carrier;
    if (order.datagrams != 0)
        carrier =
            std::make_unique<Datagrams>(Datagrams::Surroundings{loop_, budget_}, order, std::move(listener));
    else
        carrier = std::make_unique<Streams>(Streams::Surroundings{loop_, pipes_, budget_}, order,
                                            std::move(listener));
    if (!carrier->begin())
        return {.err = errno, .call = "epoll_ctl"};
    carriers_.push_back(std::move(carrier));
    return {};
}

void Orders::drop(uint32_t number) {
    for (auto each = carriers_.begin(); each != carriers_.end();) {
        if ((*each)->number() != number) {
            ++each;
            continue;
        }
        (*each)->end();
        loop_.bury(std::move(*each));
        each = carriers_.erase(each);
    }
}

bool answer(int socket, const forward::Answer& answer) {
    return send(socket, &answer, sizeof answer, MSG_NOSIGNAL) == sizeof answer;
}

} // namespace tlxc::proxy
