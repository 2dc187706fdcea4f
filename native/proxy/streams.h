// A listening socket of streams (TCP, Unix), and its connections.
#pragma once
#include <unordered_map>

#include "proxy/carrier.h"
#include "proxy/stream.h"

namespace tlxc::proxy {

class Streams : public Carrier, private StreamOwner {
  public:
    struct Surroundings {
        Loop& loop;
        Pipes& pipes;
        Budget& budget;
    };
    Streams(const Surroundings& around, const forward::Order& order, UniqueFd listener)
        : Carrier(order, std::move(listener)), around_(around) {}
    [[nodiscard]] bool begin() override;
    void ready(unsigned side, uint32_t events) override;
    void awake() override;
    void end() override;

  private:
    void over(Stream& stream) override;
    void pause();

    Surroundings around_;
    std::unordered_map<Stream*, std::unique_ptr<Stream>> all_;
};

} // namespace tlxc::proxy
