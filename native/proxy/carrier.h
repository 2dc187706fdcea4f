// One listening socket of the host's, and what came through it.
#pragma once
#include "common/forward_order.h"
#include "proxy/loop.h"

namespace tlxc::proxy {

// Connections and UDP's clients may have so many descriptors together: what the process may open, less what
// it needs itself.
class Budget {
  public:
    explicit Budget(size_t descriptors) : left_(descriptors) {}
    [[nodiscard]] bool take(size_t descriptors) {
        if (descriptors > left_)
            return false;
        left_ -= descriptors;
        return true;
    }
    void give_back(size_t descriptors) { left_ += descriptors; }

  private:
    size_t left_;
};

class Carrier : public Handler {
  public:
    Carrier(const forward::Order& order, UniqueFd listener) : order_(order), listener_(std::move(listener)) {}
    [[nodiscard]] uint32_t number() const { return order_.number; }
    [[nodiscard]] virtual bool begin() = 0;
    // Closes all that it has; it is buried then.
    virtual void end() = 0;

  protected:
    forward::Order order_;
    UniqueFd listener_;
};

} // namespace tlxc::proxy
