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
                               .max_failure = options.max_failure}) {
    configure(options);
}

void Ipcp::configure(const LinkOptions &options) {
    configured_local_ = options.local_address;
    configured_remote_ = options.remote_address;
    configured_dns_ = options.request_dns;
    serve_dns_ = options.serve_dns;
    serve_wins_ = options.serve_wins;
}

void Ipcp::resume(const Ipv4Up &agreed) {
    local_ = agreed.local;
    remote_ = agreed.remote;
    const auto dns = [&agreed](std::size_t i) {
        return i < agreed.dns.size() ? Dns{true, agreed.dns[i]} : Dns{};
    };
    primary_ = dns(0);
    secondary_ = dns(1);
    ControlProtocol::resume(State::Opened);
}

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

base::Ipv4 Ipcp::served(IpcpType type) const {
    const auto nth = [](const std::vector<Ipv4> &servers, std::size_t n) {
        return n < servers.size() ? servers[n] : Ipv4{};
    };
    switch (type) {
    case IpcpType::PrimaryDns:
        return nth(serve_dns_, 0);
    case IpcpType::SecondaryDns:
        return nth(serve_dns_, 1);
    case IpcpType::PrimaryNbns:
        return nth(serve_wins_, 0);
    case IpcpType::SecondaryNbns:
        return nth(serve_wins_, 1);
    case IpcpType::Addresses:
    case IpcpType::Compression:
    case IpcpType::Address:
        break;
    }
    return {};
}

ControlProtocol::Verdict Ipcp::judge(const CpOption &raw) {
    const wire::IpcpOption ipcp = wire::ipcp_option(raw);
    const auto *wanted = std::get_if<wire::IpcpAddress>(&ipcp);
    const auto type = static_cast<IpcpType>(raw.type);
    if (type != IpcpType::Address) {
        const Ipv4 server = served(type);
        if (server.unspecified())
            return Verdict::reject();
        return wanted && wanted->address == server ? Verdict::ack()
                                                   : Verdict::nak(option(type, server));
    }
    if (!configured_remote_.unspecified()) {
        if (wanted && wanted->address == configured_remote_)
            return Verdict::ack();
        // Rejected, it would go on with that address: nothing sent to it would come back to us.
        if (!patient())
            fail(EndReason::Kind::NegotiationFailed,
                 fmt::format("the peer insists on address {}, it has to be {}",
                             wanted ? wanted->address.text() : "of the wrong length",
                             configured_remote_.text()));
        return Verdict::nak(option(IpcpType::Address, configured_remote_));
    }
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
        const auto *address = std::get_if<wire::IpcpAddress>(&ipcp);
        if (address && address->type == IpcpType::Address)
            remote_ = address->address;
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
