// One descriptor in one datagram. No allocation and no other system call: it may run in a forked child, and
// behind a filter that knows sendmsg.
#pragma once
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "common/unique_fd.h"

namespace tlxc {

union DescriptorSpace {
    cmsghdr header; // for its alignment
    char bytes[CMSG_SPACE(sizeof(int))];
};

inline bool send_descriptor(int socket, int fd) {
    char byte = 0;
    iovec part{&byte, sizeof byte};
    DescriptorSpace control{};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.bytes;
    header.msg_controllen = sizeof control;
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(rights), &fd, sizeof fd);
    return ::sendmsg(socket, &header, MSG_NOSIGNAL) == sizeof byte;
}

// None: nothing is there to be read, or it carried no descriptor. Does not wait.
inline UniqueFd receive_descriptor(int socket) {
    char byte = 0;
    iovec part{&byte, sizeof byte};
    DescriptorSpace control{};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.bytes;
    header.msg_controllen = sizeof control;
    if (::recvmsg(socket, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) < 0)
        return {};
    const cmsghdr* rights = CMSG_FIRSTHDR(&header);
    if (rights == nullptr || rights->cmsg_type != SCM_RIGHTS || rights->cmsg_len != CMSG_LEN(sizeof(int)))
        return {};
    int fd = -1;
    memcpy(&fd, CMSG_DATA(rights), sizeof fd);
    return UniqueFd{fd};
}

} // namespace tlxc
