// libnl can look names up, which the executor never asks of it. These definitions stand in for the C
// library's, so that its name services, which load libraries of the host's at run time, stay out of the
// static program altogether.
#include <netdb.h>

extern "C" {

int getaddrinfo(const char*, const char*, const addrinfo*, addrinfo**) {
    return EAI_NONAME;
}
int getnameinfo(const sockaddr*, socklen_t, char*, socklen_t, char*, socklen_t, int) {
    return EAI_NONAME;
}
void freeaddrinfo(addrinfo*) noexcept {}
protoent* getprotobyname(const char*) {
    return nullptr;
}
protoent* getprotobynumber(int) {
    return nullptr;
}
}
