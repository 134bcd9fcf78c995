// SPDX-License-Identifier: GPL-2.0-or-later
#include <ppp/ccp.h>

#include <fmt/format.h>

#include <algorithm>

namespace rtun::ppp {

namespace {

using wire::CcpMppe;
using wire::CpCode;
using wire::CpOption;
using wire::CpOptions;

// How often a peer that wants stateful mode, where that is allowed, is asked to think again.
constexpr int stateful_hints = 1;

std::uint32_t bit_of(MppeStrength strength) {
    switch (strength) {
    case MppeStrength::Bits40:
        return CcpMppe::Bits40;
    case MppeStrength::Bits56:
        return CcpMppe::Bits56;
    case MppeStrength::Bits128:
        return CcpMppe::Bits128;
    }
    return 0;
}

MppeStrengths strengths_of(std::uint32_t bits) {
    MppeStrengths set;
    for (const MppeStrength strength : mppe_strengths())
        if ((bits & bit_of(strength)) != 0)
            set.add(strength);
    return set;
}

MppeState state_of(std::uint32_t bits) {
    return (bits & CcpMppe::Stateless) != 0 ? MppeState::Stateless : MppeState::Stateful;
}

CpOption option(MppeStrengths strengths, MppeState state) {
    CcpMppe mppe;
    for (const MppeStrength strength : mppe_strengths())
        if (strengths.has(strength))
            mppe.bits |= bit_of(strength);
    if (state == MppeState::Stateless)
        mppe.bits |= CcpMppe::Stateless;
    return wire::raw(mppe);
}

bool is_mppe(const CpOption &option) {
    return static_cast<wire::CcpType>(option.type) == wire::CcpType::Mppe;
}

// "128 or 40 bit, stateless", for texts.
std::string words(MppeStrengths strengths, MppeState state) {
    std::string text;
    for (const MppeStrength strength : mppe_strengths())
        if (strengths.has(strength))
            text +=
                fmt::format("{}{}", text.empty() ? "" : " or ", static_cast<unsigned>(strength));
    return fmt::format("{} bit, {}", text,
                       state == MppeState::Stateless ? "stateless" : "stateful");
}

std::string words(std::uint32_t bits) {
    const MppeStrengths strengths = strengths_of(bits);
    if (!strengths.empty())
        return words(strengths, state_of(bits));
    return (bits & CcpMppe::Compress) != 0 ? "compression (MPPC) without encryption"
                                           : "no key length at all";
}

}  // namespace

Ccp::Ccp(const LinkOptions &options) : ControlProtocol("CCP", {}) { configure(options); }

void Ccp::configure(const LinkOptions &options) {
    patience_ = options.max_configure;
    set_limits({.restart = options.restart,
                .max_configure = std::min(options.max_configure, PatienceIfOptional),
                .max_terminate = options.max_terminate,
                .max_failure = options.max_failure});
    if (options.encryption == Encryption::Required)
        be_patient();
    allowed_ = ask_ = options.mppe;
    stateful_ = options.mppe_stateful;
}

void Ccp::be_patient() {
    Limits more = limits();
    more.max_configure = patience_;
    set_limits(more);
}

void Ccp::resume(const Agreed &agreed) {
    send_ = agreed.send;
    wanted_ = agreed.receive.has_value();
    if (agreed.receive) {
        ask_ = agreed.receive->strength;
        ask_state_ = agreed.receive->state;
    }
    be_patient();
    ControlProtocol::resume(State::Opened);
}

bool Ccp::allows(MppeState state) const {
    return state == preferred() || stateful_ == StatefulMppe::Yes;
}

MppeState Ccp::preferred() const {
    return stateful_ == StatefulMppe::Only ? MppeState::Stateful : MppeState::Stateless;
}

Ccp::Agreed Ccp::agreed() const {
    Agreed agreed;
    agreed.send = send_;
    if (wanted_)
        agreed.receive = MppeMode{ask_.strongest(), ask_state_};
    return agreed;
}

void Ccp::reset() {
    wanted_ = true;
    ask_ = allowed_;
    ask_state_ = preferred();
    send_.reset();
    refusals_ = stateful_naks_ = repeats_ = 0;
    disagreement_.clear();
}

CpOptions Ccp::request() {
    if (!wanted_)
        return {};
    return {option(ask_, ask_state_)};
}

bool Ccp::knows(std::uint8_t type) const {
    return static_cast<wire::CcpType>(type) == wire::CcpType::Mppe;
}

ControlProtocol::Verdict Ccp::judge(const CpOption &raw) {
    if (!is_mppe(raw) || !wanted_)
        return Verdict::reject();
    const wire::CcpOption ccp = wire::ccp_option(raw);
    const auto *mppe = std::get_if<CcpMppe>(&ccp);
    if (!mppe)
        return refuse("an option of the wrong length", allowed_);
    const MppeStrengths common = strengths_of(mppe->bits).among(allowed_);
    MppeState state = state_of(mppe->bits);
    if (common.empty() || !allows(state))
        return refuse(words(mppe->bits), common.empty() ? allowed_ : common);
    if (state != preferred() && stateful_naks_ < stateful_hints) {
        ++stateful_naks_;
        state = preferred();
    }
    const CpOption exact = option(common.strongest(), state);
    return raw == exact ? Verdict::ack() : Verdict::nak(exact);
}

// of: what the Nak shows the strongest of. One that shows a length which the peer has not asked for
// is the end for pppd.
ControlProtocol::Verdict Ccp::refuse(const std::string &wanted, MppeStrengths of) {
    disagreement_ =
        fmt::format("the peer wants MPPE with {}; allowed is {}", wanted, allowed_text());
    if (++refusals_ > limits().max_failure)
        give_up(disagreement_);
    return Verdict::nak(option(of.strongest(), preferred()));
}

// A peer that does not ask for it does not know that it may.
CpOptions Ccp::missing(const CpOptions &request) {
    if (!wanted_ || std::any_of(request.begin(), request.end(), is_mppe))
        return {};
    return {option(allowed_.strongest(), preferred())};
}

void Ccp::agreed_to(const CpOptions &request) {
    be_patient();
    send_.reset();
    refusals_ = stateful_naks_ = 0;
    disagreement_.clear();
    for (const CpOption &raw : request) {
        const wire::CcpOption ccp = wire::ccp_option(raw);
        if (const auto *mppe = std::get_if<CcpMppe>(&ccp))  // judge() let through only one bit
            send_ = MppeMode{strengths_of(mppe->bits).strongest(), state_of(mppe->bits)};
    }
}

bool Ccp::settled() {
    if (!wanted_ || ask_.size() == 1)
        return true;
    ask_ = ask_.strongest();
    return false;
}

void Ccp::on_nak(const CpOption &raw) {
    const wire::CcpOption ccp = wire::ccp_option(raw);
    const auto *mppe = std::get_if<CcpMppe>(&ccp);
    if (!mppe)
        return give_up("the peer answers with an MPPE option of the wrong length");
    const MppeStrengths common = strengths_of(mppe->bits).among(allowed_);
    const MppeState state = state_of(mppe->bits);
    // It may be a hint: one that allows both modes would rather have the other.
    if (!common.empty() && stateful_ == StatefulMppe::Only && state != preferred() &&
        ++repeats_ <= limits().max_failure) {
        ask_ = common.strongest();
        return;
    }
    if (common.empty() || !allows(state))
        return give_up(fmt::format("the peer offers MPPE with {}; allowed is {}", words(mppe->bits),
                                   allowed_text()));
    ask_ = common.strongest();
    ask_state_ = state;
}

void Ccp::on_reject(const CpOption &) {
    give_up(fmt::format("the peer rejects MPPE with {}", words(ask_, ask_state_)));
}

void Ccp::give_up(std::string why) {
    if (std::exchange(wanted_, false))
        fail(EndReason::Kind::EncryptionFailed, std::move(why));
}

std::string Ccp::allowed_text() const {
    return words(allowed_, preferred()) + (stateful_ == StatefulMppe::Yes ? " or stateful" : "");
}

std::string Ccp::wishes() const {
    return wanted_ ? fmt::format("MPPE with {}", words(ask_, ask_state_)) : "no compression";
}

bool Ccp::receive_extra(const wire::CpPacket &packet, base::Time) {
    if (packet.code != CpCode::ResetRequest && packet.code != CpCode::ResetAck)
        return false;
    ++counters_.unexpected;
    return true;
}

}  // namespace rtun::ppp
