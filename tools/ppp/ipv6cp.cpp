// SPDX-License-Identifier: GPL-2.0-or-later
#include <ppp/ipv6cp.h>

#include <fmt/format.h>

#include <algorithm>

namespace rtun::ppp {

namespace {

using wire::CpOption;
using wire::CpOptions;
using wire::Ipv6cpType;

// The universal/local bit: number 6 of the identifier in canonical order.
constexpr std::uint64_t universal = 0x0200000000000000;

CpOption option(std::uint64_t id) { return wire::raw(wire::Ipv6cpInterfaceId{id}); }

bool is_interface_id(const CpOption &raw) {
    return static_cast<Ipv6cpType>(raw.type) == Ipv6cpType::InterfaceId;
}

// What the option says; nothing if it has the wrong length.
std::optional<std::uint64_t> id_of(const CpOption &raw) {
    const wire::Ipv6cpOption ipv6cp = wire::ipv6cp_option(raw);
    const auto *interface = std::get_if<wire::Ipv6cpInterfaceId>(&ipv6cp);
    return interface ? std::optional(interface->id) : std::nullopt;
}

}  // namespace

Ipv6cp::Ipv6cp(const LinkOptions &options, base::Random &random)
    : ControlProtocol("IPv6CP", {.restart = options.restart,
                                 .max_configure = options.max_configure,
                                 .max_terminate = options.max_terminate,
                                 .max_failure = options.max_failure}),
      random_(random) {
    configure(options);
}

void Ipv6cp::configure(const LinkOptions &options) {
    configured_local_ = options.local_interface_id;
    configured_remote_ = options.remote_interface_id;
}

void Ipv6cp::resume(const Ipv6Up &agreed) {
    local_ = tentative_ = agreed.local_interface_id;
    remote_ = agreed.remote_interface_id;
    ControlProtocol::resume(State::Opened);
}

std::optional<Ipv6Up> Ipv6cp::agreed() const {
    if (!ask_ || local_ == 0 || remote_ == 0 || local_ == remote_)
        return std::nullopt;
    return Ipv6Up{local_, remote_};
}

// Not one that is in play.
std::uint64_t Ipv6cp::draw() {
    const std::uint64_t high = random_.u32();
    std::uint64_t id = (high << 32 | random_.u32()) & ~universal;
    while (id == 0 || id == local_ || id == remote_ || id == suggested_ || id == configured_remote_)
        id = (id + 1) & ~universal;
    return id;
}

void Ipv6cp::reset() {
    remote_ = 0;
    ask_ = true;
    hinted_ = false;
    if (configured_local_ == 0 && tentative_ == 0)
        tentative_ = draw();
    local_ = configured_local_ != 0 ? configured_local_ : tentative_;
}

CpOptions Ipv6cp::request() {
    if (!ask_)
        return {};
    return {option(local_)};
}

bool Ipv6cp::knows(std::uint8_t type) const {
    switch (static_cast<Ipv6cpType>(type)) {
    case Ipv6cpType::InterfaceId:
    case Ipv6cpType::Compression:
        return true;
    }
    return false;
}

// What the peer could have: never zero, and never what we have ourselves.
CpOption Ipv6cp::suggestion() {
    if (configured_remote_ != 0 && configured_remote_ != local_)
        return option(suggested_ = configured_remote_);
    if (suggested_ == 0 || suggested_ == local_)
        suggested_ = draw();
    return option(suggested_);
}

// Section 4.1: what MUST be answered to which identifier. Ours is never zero, so that the case of
// two zeros cannot arise.
ControlProtocol::Verdict Ipv6cp::judge(const CpOption &raw) {
    if (!is_interface_id(raw))
        return Verdict::reject();
    const std::optional<std::uint64_t> wanted = id_of(raw);
    if (!wanted || *wanted == 0 || *wanted == local_)
        return Verdict::nak(suggestion());
    if (configured_remote_ != 0 && configured_remote_ != local_ && *wanted != configured_remote_)
        return Verdict::nak(suggestion());
    return Verdict::ack();
}

CpOptions Ipv6cp::missing(const CpOptions &request) {
    if (hinted_ || std::any_of(request.begin(), request.end(), is_interface_id))
        return {};
    hinted_ = true;
    return {suggestion()};
}

void Ipv6cp::agreed_to(const CpOptions &request) {
    remote_ = 0;
    for (const CpOption &raw : request)
        if (is_interface_id(raw))
            remote_ = id_of(raw).value_or(0);
}

void Ipv6cp::on_nak(const CpOption &raw) {
    if (!is_interface_id(raw))
        return;
    const std::uint64_t better = id_of(raw).value_or(0);
    local_ = better != 0 && better != suggested_ && better != remote_ ? better : draw();
    tentative_ = local_;
}

void Ipv6cp::on_reject(const CpOption &raw) {
    if (!is_interface_id(raw))
        return;
    ask_ = false;
    fail(EndReason::Kind::NegotiationFailed, "the peer agrees to no interface identifier of ours");
}

std::string Ipv6cp::wishes() const { return fmt::format("interface identifier {:016x}", local_); }

}  // namespace rtun::ppp
