// A listening socket of UDP. Each client (the address it sends from, and the one it sends to) has a socket
// inside for as long as something is said, by which the service's answers find back.
#pragma once
#include <list>
#include <map>
#include <string>

#include "proxy/carrier.h"

namespace tlxc::proxy {

// Where a datagram came from, and which of the host's addresses it was sent to: where its answer comes from.
struct Peer {
    sockaddr_storage address{};
    socklen_t size = 0;
    alignas(8) char local[64] = {}; // a control message, as sendmsg takes it
    size_t localSize = 0;
};

class Datagrams;

class Conversation : public Handler {
  public:
    static constexpr size_t kDescriptors = 1;
    Conversation(Datagrams& owner, const Peer& peer) : owner_(owner), peer_(peer) {}
    // False: no place takes it.
    [[nodiscard]] bool open();
    void ready(unsigned side, uint32_t events) override;
    // From the client.
    void say(const char* data, size_t size);
    void close() { fd_.reset(); }

    std::list<Conversation*>::iterator place; // in its owner's order of silence
    int64_t last = 0;                         // when something was said

  private:
    friend class Datagrams;
    [[nodiscard]] bool refused();

    Datagrams& owner_;
    Peer peer_;
    UniqueFd fd_;
    uint32_t next_ = 0;     // the service's place that is tried next
    bool answered_ = false; // by the service: it is found
    std::string kept_;      // until then the last datagram, for the next place
};

class Datagrams : public Carrier {
  public:
    struct Surroundings {
        Loop& loop;
        Budget& budget;
    };
    Datagrams(const Surroundings& around, const forward::Order& order, UniqueFd listener)
        : Carrier(order, std::move(listener)), around_(around) {}
    [[nodiscard]] bool begin() override;
    void ready(unsigned side, uint32_t events) override;
    void awake() override;
    void end() override;

  private:
    friend class Conversation;
    [[nodiscard]] Conversation* with(const Peer& peer);
    void touch(Conversation& conversation);
    void over(Conversation& conversation);
    [[nodiscard]] int64_t silenceMs() const { return int64_t{order_.idle} * 1000; }
    // To the client.
    void answer(const Peer& peer, const char* data, size_t size);

    Surroundings around_;
    std::map<std::string, std::unique_ptr<Conversation>> all_; // by the peer's bytes
    std::list<Conversation*> silence_;                         // the longest silent first
    bool waking_ = false;
};

} // namespace tlxc::proxy
