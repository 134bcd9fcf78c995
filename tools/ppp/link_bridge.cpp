// SPDX-License-Identifier: GPL-2.0-or-later
//
// BCP in the network phase (RFC 3518): a link that is to carry Ethernet frames ends when it cannot.
#include <ppp/link_impl.h>

#include <utility>

namespace rtun::ppp {

using base::Time;
using wire::PppProtocol;

// What BCP has to say is sent before the link ends for it.
bool Link::Impl::take_bcp(Time now) {
    using Cp = ControlProtocol;
    std::optional<EndReason> why;
    const auto said = bcp.take_outputs();
    for (const Cp::Output &output : said)
        std::visit(Overloaded{
                       [&](const Cp::Send &it) { send(PppProtocol::Bcp, it.information); },
                       [&](const Cp::LayerUp &) { bcp_up(); },
                       [&](const Cp::LayerDown &) { bcp_down(); },
                       [&](const Cp::LayerFinished &) {
                           why = why.value_or(
                               EndReason{EndReason::Kind::NegotiationFailed,
                                         "the peer does not answer BCP Configure-Requests"});
                       },
                       [&](const Cp::PeerTerminated &it) {
                           why = bridged
                                     ? EndReason{EndReason::Kind::PeerTerminated,
                                                 with_quote("the peer closed BCP", it.text)}
                                     : EndReason{EndReason::Kind::NegotiationFailed,
                                                 with_quote("the peer refuses bridging (it closed "
                                                            "BCP)",
                                                            it.text)};
                       },
                       [&](const Cp::Failed &it) { why = it.reason; },
                       [](const Cp::PeerRejects &) {},  // LCP's
                       [](const Cp::EchoRefused &) {},
                   },
                   output);
    if (why)
        fail(why->kind, std::move(why->text), now);
    return !said.empty();
}

void Link::Impl::bcp_up() {
    if (exposed()) {
        bridge_waits = true;
        return;
    }
    bridged = true;
    outputs.emplace_back(bcp.agreed());
}

void Link::Impl::bcp_down() {
    bridge_waits = false;
    if (std::exchange(bridged, false))
        outputs.emplace_back(BridgeDown{});
}

}  // namespace rtun::ppp
