#include "executor/network/passt_interface.h"

#include "executor/network/addresses.h"
#include "executor/network/interface.h"
#include "executor/network/tap.h"

namespace tlxc::network {
namespace {

// The plan gives each such interface both.
Result<Passt::Question> question_of(const plan::Interface& interface) {
    Passt::Question question;
    if (interface.ipv4.empty() || !parse_ip(interface.ipv4.front().address, question.own))
        return refused("bad-address", "", interface.origin);
    if (!parse_ip(interface.ipv4Gateway.value, question.gateway))
        return refused("bad-address", interface.ipv4Gateway.value, interface.ipv4Gateway.origin);
    return question;
}

} // namespace

Status make_passt(Making& making, const plan::Interface& interface) {
    const Passt::Question question = TRY(question_of(interface));
    auto tap = make_tap(making.child, temporary_name(interface));
    if (!tap.ok())
        return at(std::move(tap.failure()), interface.origin);
    const auto& device = std::get<plan::PasstDevice>(interface.device);
    making.made.passt = std::make_unique<Passt>(device, interface.origin, std::move(tap).value());
    TRY(making.made.passt->start(question));
    return set_hardware_address(making.inside, interface);
}

} // namespace tlxc::network
