// SPDX-License-Identifier: GPL-2.0-or-later
#include <ppp/ipcp.h>

#include <fmt/format.h>

#include <algorithm>

namespace rtun::ppp {

namespace {

using base::Ipv4;
using wire::CpOption;
using wire::CpOptions;
using wire::IpcpType;

// Whether a host can have this address: not in 0/8 or 127/8, not multicast, reserved or broadcast.
bool usable(Ipv4 address) {
    const std::uint32_t net = address.value >> 24;
    return net != 0 && net != 127 && net < 224;
}

CpOption option(IpcpType type, Ipv4 address) { return wire::raw(wire::IpcpAddress{type, address}); }

}  // namespace

Ipcp::Ipcp(const LinkOptions &options)
    : ControlProtocol("IPCP", {.restart = options.restart,
                               .max_configure = options.max_configure,
                               .max_terminate = options.max_terminate,
                               .max_failure = options.max_failure}),
      configured_local_(options.local_address), configured_remote_(options.remote_address),
      configured_dns_(options.request_dns) {}

Ipv4Up Ipcp::agreed() const {
    Ipv4Up agreed{local_, remote_.unspecified() ? configured_remote_ : remote_, {}};
    for (const Dns &dns : {primary_, secondary_})
        if (dns.wanted && !dns.address.unspecified())
            agreed.dns.push_back(dns.address);
    return agreed;
}

void Ipcp::reset() {
    local_ = configured_local_;
    ask_local_ = true;
    primary_ = secondary_ = {configured_dns_, {}};
    remote_ = {};
}

CpOptions Ipcp::request() {
    CpOptions options;
    if (ask_local_)
        options.push_back(option(IpcpType::Address, local_));
    if (primary_.wanted)
        options.push_back(option(IpcpType::PrimaryDns, primary_.address));
    if (secondary_.wanted)
        options.push_back(option(IpcpType::SecondaryDns, secondary_.address));
    return options;
}

bool Ipcp::knows(std::uint8_t type) const {
    switch (static_cast<IpcpType>(type)) {
    case IpcpType::Addresses:
    case IpcpType::Compression:
    case IpcpType::Address:
    case IpcpType::PrimaryDns:
    case IpcpType::PrimaryNbns:
    case IpcpType::SecondaryDns:
    case IpcpType::SecondaryNbns:
        return true;
    }
    return false;
}

ControlProtocol::Verdict Ipcp::judge(const CpOption &raw) {
    if (static_cast<IpcpType>(raw.type) != IpcpType::Address)
        return Verdict::reject();

    const wire::IpcpOption ipcp = wire::ipcp_option(raw);
    const auto *wanted = std::get_if<wire::IpcpAddress>(&ipcp);
    if (!configured_remote_.unspecified())
        return wanted && wanted->address == configured_remote_
                   ? Verdict::ack()
                   : Verdict::nak(option(IpcpType::Address, configured_remote_));
    if (!wanted)  // an invalid length: show the right one
        return Verdict::nak(option(IpcpType::Address, {}));
    return usable(wanted->address) ? Verdict::ack() : Verdict::reject();
}

CpOptions Ipcp::missing(const CpOptions &request) {
    const bool named = std::any_of(request.begin(), request.end(), [](const CpOption &o) {
        return static_cast<IpcpType>(o.type) == IpcpType::Address;
    });
    if (named || configured_remote_.unspecified())
        return {};
    return {option(IpcpType::Address, configured_remote_)};
}

void Ipcp::agreed_to(const CpOptions &request) {
    remote_ = {};
    for (const CpOption &raw : request) {
        const wire::IpcpOption ipcp = wire::ipcp_option(raw);
        if (const auto *address = std::get_if<wire::IpcpAddress>(&ipcp))
            remote_ = address->address;  // judge() let no other option through
    }
}

void Ipcp::on_nak(const CpOption &raw) {
    const wire::IpcpOption ipcp = wire::ipcp_option(raw);
    const auto *better = std::get_if<wire::IpcpAddress>(&ipcp);
    const auto dns = [&](Dns &wish) {
        // 0.0.0.0 or nonsense: there is none to be had.
        wish.wanted = better && usable(better->address);
        wish.address = wish.wanted ? better->address : Ipv4{};
    };
    switch (static_cast<IpcpType>(raw.type)) {
    case IpcpType::Address:
        if (better && usable(better->address))
            local_ = better->address;
        return;
    case IpcpType::PrimaryDns:
        return dns(primary_);
    case IpcpType::SecondaryDns:
        return dns(secondary_);
    case IpcpType::Addresses:
    case IpcpType::Compression:
    case IpcpType::PrimaryNbns:
    case IpcpType::SecondaryNbns:
        return;  // never asked for
    }
}

void Ipcp::on_reject(const CpOption &raw) {
    switch (static_cast<IpcpType>(raw.type)) {
    case IpcpType::Address:
        ask_local_ = false;
        if (configured_local_.unspecified())
            fail(EndReason::Kind::NegotiationFailed,
                 "the peer refuses to give an IP address and none is configured");
        // What was never agreed on is as good as what was configured.
        local_ = configured_local_;
        return;
    case IpcpType::PrimaryDns:
        primary_.wanted = false;
        return;
    case IpcpType::SecondaryDns:
        secondary_.wanted = false;
        return;
    case IpcpType::Addresses:
    case IpcpType::Compression:
    case IpcpType::PrimaryNbns:
    case IpcpType::SecondaryNbns:
        return;  // never asked for
    }
}

std::string Ipcp::wishes() const {
    std::string text = local_.unspecified() ? "an IP address" : "address " + local_.text();
    if (primary_.wanted || secondary_.wanted)
        text += ", name servers";
    return text;
}

}  // namespace rtun::ppp
