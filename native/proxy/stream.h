// One connection: a client of the host's side and a service inside, and the bytes between them.
#pragma once
#include <sys/types.h>

#include "common/forward_order.h"
#include "proxy/loop.h"
#include "proxy/pipes.h"

namespace tlxc::proxy {

// Who has streams, and is told when one is over.
class StreamOwner {
  public:
    virtual void over(class Stream& stream) = 0;

  protected:
    ~StreamOwner() = default;
};

class Stream : public Handler {
  public:
    struct Surroundings {
        Loop& loop;
        Pipes& pipes;
        StreamOwner& owner;
    };
    // Descriptors of one at most: two sockets, and a pipe in each direction.
    static constexpr size_t kDescriptors = 6;

    Stream(const Surroundings& around, const forward::Order& order, UniqueFd client)
        : around_(around), order_(order) {
        fds_[kClient] = std::move(client);
    }
    // Connects to the first place that takes it; one that all of them refuse is over at once.
    void begin();
    void ready(unsigned side, uint32_t events) override;
    void awake() override { connect(); }
    // Both sides see the connection reset.
    void abort();

  private:
    static constexpr unsigned kClient = 0, kService = 1;
    struct Flow {
        unsigned from, to;
        Pipe pipe;
        size_t held = 0;    // bytes in the pipe
        bool ended = false; // nothing more comes
        bool done = false;  // and the other side knows
    };
    enum class Progress { Blocked, More, Lost };

    void connect();
    void connected();
    void carry();
    [[nodiscard]] Progress pump(Flow& flow);
    [[nodiscard]] bool fill(Flow& flow);
    [[nodiscard]] bool drain(Flow& flow);
    void close();

    Surroundings around_;
    const forward::Order& order_; // the carrier's, which outlives its streams
    UniqueFd fds_[2];
    bool readable_[2] = {};
    bool writable_[2] = {};
    Flow flows_[2] = {{kClient, kService, {}}, {kService, kClient, {}}};
    uint32_t next_ = 0; // the place that is tried next
    int tries_ = 0;     // of a Unix socket whose queue is full
    bool connected_ = false;
    bool waiting_ = false; // its turn comes again
};

} // namespace tlxc::proxy
