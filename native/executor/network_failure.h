// How a netlink request fails: the request, the kernel's errno and words, the object, the configuration line.
#pragma once
#include "common/result.h"
#include "executor/netlink.h"
#include "plan/plan.gen.h"

namespace tlxc::network {

inline Failure failed(const char* request, NetlinkAnswer answer, const std::string& object,
                      const plan::Origin& origin) {
    return at(Failure{.step = "network",
                      .syscall = request,
                      .err = answer.err,
                      .path = object,
                      .detail = std::move(answer.text)},
              origin);
}

inline Failure refused(const char* detail, const std::string& object, const plan::Origin& origin) {
    return at(refusal("network", detail, object), origin);
}

} // namespace tlxc::network
