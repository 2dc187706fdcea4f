// The monitor's orders, and what carries them out.
#pragma once
#include <list>

#include "proxy/carrier.h"
#include "proxy/pipes.h"

namespace tlxc::proxy {

class Orders : public Handler {
  public:
    // socket: SOCK_SEQPACKET, the monitor's other end; descriptors: how many connections may have together.
    Orders(Loop& loop, int socket, size_t descriptors) : loop_(loop), socket_(socket), budget_(descriptors) {}
    [[nodiscard]] bool begin();
    void ready(unsigned side, uint32_t events) override;

  private:
    [[nodiscard]] forward::Answer obey(const forward::Order& order, UniqueFd listener);
    void drop(uint32_t number);

    Loop& loop_;
    int socket_;
    Budget budget_;
    Pipes pipes_;
    std::list<std::unique_ptr<Carrier>> carriers_;
};

[[nodiscard]] bool answer(int socket, const forward::Answer& answer);

} // namespace tlxc::proxy
