// SPDX-License-Identifier: GPL-2.0-or-later
#include <ppp/bcp.h>

#include <algorithm>

namespace rtun::ppp {

namespace {

using base::Mac;
using wire::BcpMacAddress;
using wire::BcpMacSupport;
using wire::BcpMacType;
using wire::BcpSwitch;
using wire::BcpType;
using wire::CpOption;
using wire::CpOptions;

// The two lowest bits of an address's first octet.
constexpr std::uint8_t group = 0x01;
constexpr std::uint8_t locally_administered = 0x02;

// What this option switches in a direction; nothing: it is no switch of ours.
bool *switched(BridgeDirection &direction, BcpType type) {
    switch (type) {
    case BcpType::Tinygram:
        return &direction.tinygram;
    case BcpType::TaggedFrame:
        return &direction.tagged;
    case BcpType::ManagementInline:
        return &direction.management_inline;
    case BcpType::BridgeIdentification:
    case BcpType::LineIdentification:
    case BcpType::MacSupport:
    case BcpType::LanIdentification:
    case BcpType::MacAddress:
    case BcpType::SpanningTree:
    case BcpType::ControlPacketIndicator:
        break;
    }
    return nullptr;
}

bool is_mac_support(const CpOption &raw) {
    return static_cast<BcpType>(raw.type) == BcpType::MacSupport;
}

CpOption ethernet() { return wire::raw(BcpMacSupport{BcpMacType::Ethernet}); }

}  // namespace

Bcp::Bcp(const LinkOptions &options, const BridgeOptions &bridge, base::Random &random)
    : ControlProtocol("BCP", {.restart = options.restart,
                              .max_configure = options.max_configure,
                              .max_terminate = options.max_terminate,
                              .max_failure = options.max_failure}),
      random_(random) {
    configure(bridge);
}

void Bcp::resume(const BridgeUp &agreed) {
    agreed_ = agreed;
    ControlProtocol::resume(State::Opened);
}

void Bcp::reset() {
    agreed_ = {};
    agreed_.receive = {
        .ethernet = true, .tagged = true, .tinygram = true, .management_inline = true};
    agreed_.local = mac_;
    mac_naks_ = 0;
}

// In the order of their numbers.
CpOptions Bcp::request() {
    CpOptions options;
    const auto enable = [&options](bool wanted, BcpType type) {
        if (wanted)
            options.push_back(wire::raw(BcpSwitch{type, BcpSwitch::Value::Enabled}));
    };
    const BridgeDirection &ask = agreed_.receive;
    if (ask.ethernet)
        options.push_back(ethernet());
    enable(ask.tinygram, BcpType::Tinygram);
    if (agreed_.local != Mac{})
        options.push_back(wire::raw(BcpMacAddress{agreed_.local}));
    enable(ask.tagged, BcpType::TaggedFrame);
    enable(ask.management_inline, BcpType::ManagementInline);
    return options;
}

bool Bcp::knows(std::uint8_t type) const {
    switch (static_cast<BcpType>(type)) {
    case BcpType::BridgeIdentification:
    case BcpType::LineIdentification:
    case BcpType::MacSupport:
    case BcpType::Tinygram:
    case BcpType::LanIdentification:
    case BcpType::MacAddress:
    case BcpType::SpanningTree:
    case BcpType::TaggedFrame:
    case BcpType::ManagementInline:
    case BcpType::ControlPacketIndicator:
        return true;
    }
    return false;
}

bool Bcp::repeats(std::uint8_t type) const {
    return static_cast<BcpType>(type) == BcpType::MacSupport;
}

ControlProtocol::Verdict Bcp::judge(const CpOption &raw) {
    const wire::BcpOption bcp = wire::bcp_option(raw);
    if (const auto *address = std::get_if<BcpMacAddress>(&bcp))
        return judge_mac(address->mac);
    if (const auto *support = std::get_if<BcpMacSupport>(&bcp))
        return support->type == BcpMacType::Ethernet ? Verdict::ack() : Verdict::reject();
    const auto *value = std::get_if<BcpSwitch>(&bcp);
    return value && switched(agreed_.send, value->type) ? Verdict::ack() : Verdict::reject();
}

ControlProtocol::Verdict Bcp::judge_mac(const Mac &mac) {
    if (mac != Mac{})
        return mac.unicast() && mac != mac_ ? Verdict::ack() : Verdict::reject();
    if (given_ == Mac{} || given_ == mac_)
        draw();
    return Verdict::nak(wire::raw(BcpMacAddress{given_}));
}

// One station's, and not ours.
void Bcp::draw() {
    random_.fill(given_.octets);
    given_.octets[0] =
        static_cast<std::uint8_t>((given_.octets[0] & ~group) | locally_administered);
    if (given_ == mac_)
        given_.octets[5] ^= 1;
}

// Nothing can be asked of the peer here: MAC-Support MUST NOT be in a Nak.
CpOptions Bcp::missing(const CpOptions &request) {
    if (std::any_of(request.begin(), request.end(), is_mac_support) &&
        std::find(request.begin(), request.end(), ethernet()) == request.end())
        fail(EndReason::Kind::NegotiationFailed,
             "the peer takes frames of other LANs, but none of Ethernet (MAC-Support)");
    return {};
}

void Bcp::agreed_to(const CpOptions &request) {
    agreed_.send = {};
    agreed_.remote = {};
    for (const CpOption &raw : request) {
        const wire::BcpOption bcp = wire::bcp_option(raw);
        if (const auto *address = std::get_if<BcpMacAddress>(&bcp))
            agreed_.remote = address->mac;
        else if (std::holds_alternative<BcpMacSupport>(bcp))
            agreed_.send.ethernet = true;  // judge() let through no other
        else if (const auto *value = std::get_if<BcpSwitch>(&bcp))
            if (bool *it = switched(agreed_.send, value->type))
                *it = value->value == BcpSwitch::Value::Enabled;
    }
}

// None of ours may be in a Nak. A peer that wants something disabled can have that.
void Bcp::on_nak(const CpOption &raw) {
    if (static_cast<BcpType>(raw.type) == BcpType::MacAddress) {
        if (++mac_naks_ >= limits().max_failure)
            agreed_.local = {};
        return;
    }
    const wire::BcpOption bcp = wire::bcp_option(raw);
    const auto *value = std::get_if<BcpSwitch>(&bcp);
    if (value && value->value == BcpSwitch::Value::Disabled)
        on_reject(raw);
}

void Bcp::on_reject(const CpOption &raw) {
    const auto type = static_cast<BcpType>(raw.type);
    if (bool *it = switched(agreed_.receive, type))
        *it = false;
    else if (type == BcpType::MacSupport)
        agreed_.receive.ethernet = false;
    else if (type == BcpType::MacAddress)
        agreed_.local = {};
}

std::string Bcp::wishes() const {
    std::string text = "Ethernet frames";
    if (agreed_.local != Mac{})
        text += " from " + agreed_.local.text();
    return text;
}

}  // namespace rtun::ppp
