// SPDX-License-Identifier: GPL-2.0-or-later
#include <ppp/lcp.h>

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>

namespace rtun::ppp {

namespace {

using base::View;
using wire::CpCode;
using wire::CpOption;
using wire::CpOptions;
using wire::CpPacket;
using wire::LcpType;
using wire::PppProtocol;

constexpr std::uint16_t default_mru = 1500;
constexpr std::uint16_t least_mru = 128;  // the RFC sets none; below this nothing useful fits

const auth::MethodInfo *find_method(const wire::LcpAuthentication &wanted) {
    for (const auth::MethodInfo &method : auth::methods()) {
        if (method.protocol != static_cast<std::uint16_t>(wanted.protocol))
            continue;
        const bool same = method.algorithm
                              ? wanted.data.size() == 1 && wanted.data[0] == *method.algorithm
                              : wanted.data.empty();
        if (same)
            return &method;
    }
    return nullptr;
}

std::string describe(const wire::LcpAuthentication &wanted) {
    if (const auth::MethodInfo *method = find_method(wanted))
        return std::string(method->name);
    if (wanted.protocol == PppProtocol::Eap)
        return "eap";
    if (wanted.protocol == PppProtocol::Chap && wanted.data.size() == 1)
        return fmt::format("chap with algorithm {}", wanted.data[0]);
    return fmt::format("protocol 0x{:04x}", static_cast<unsigned>(wanted.protocol));
}

std::optional<auth::Method> strongest(auth::MethodSet set) {
    for (const auth::MethodInfo &method : auth::methods())
        if (set.has(method.method))
            return method.method;
    return std::nullopt;
}

CpOption authentication_option(const auth::MethodInfo &method) {
    wire::LcpAuthentication option{static_cast<PppProtocol>(method.protocol), {}};
    if (method.algorithm)
        option.data.push_back(*method.algorithm);
    return wire::raw(option);
}

}  // namespace

Lcp::Lcp(const LinkOptions &options, base::Random &random)
    : ControlProtocol("LCP", {.restart = options.restart,
                              .max_configure = options.max_configure,
                              .max_terminate = options.max_terminate,
                              .max_failure = options.max_failure}),
      random_(random), mtu_(options.mtu), allow_(options.allow), require_(options.require) {
    configured_.mru = options.mru;
    configured_.pfc = options.request_pfc;
    configured_.acfc = options.request_acfc;
    multilink_ = options.multilink;
}

void Lcp::resume(const LcpOpened &agreed, std::uint16_t peer_mru,
                 std::optional<auth::Method> demanded) {
    ours_ = {agreed.mru, agreed.magic, agreed.pfc_rx, configured_.acfc};
    peers_ = {};
    peers_.pfc = agreed.pfc_tx;
    peers_.acfc = agreed.acfc_tx;
    peers_.method = agreed.method;
    peer_mru_ = std::max(peer_mru, least_mru);
    demand_ = demanded;
    resume_multilink(agreed.multilink);
    ControlProtocol::resume(State::Opened);
}

LcpOpened Lcp::agreed() const {
    LcpOpened agreed;
    agreed.mtu = std::min(mtu_, peer_mru_);
    agreed.mru = ours_.mru;
    agreed.magic = ours_.magic;
    agreed.pfc_rx = ours_.pfc;
    agreed.pfc_tx = peers_.pfc;
    agreed.acfc_tx = peers_.acfc;
    agreed.method = peers_.method;
    agreed.multilink = multilink_agreed();
    agreed.multilink_refused = multilink_refused();
    return agreed;
}

void Lcp::reset() {
    ours_ = configured_;
    ours_.magic = new_magic();
    demandable_ = require_;
    demand_ = strongest(require_);
    peers_ = {};
    peer_mru_ = default_mru;
    collisions_ = 0;
    nak_magic_ = 0;
    rejecting_ = false;
    reset_multilink();
}

std::uint32_t Lcp::new_magic() {
    // Never 0, which is illegal, nor one that is in play.
    std::uint32_t magic = random_.u32();
    while (magic == 0 || magic == ours_.magic || magic == nak_magic_)
        ++magic;
    return magic;
}

CpOptions Lcp::request() {
    CpOptions options;
    if (ours_.mru != default_mru)
        options.push_back(wire::raw(wire::LcpMru{ours_.mru}));
    if (demand_)
        options.push_back(authentication_option(auth::info(*demand_)));
    if (ours_.magic != 0)
        options.push_back(wire::raw(wire::LcpMagic{ours_.magic}));
    if (ours_.pfc)
        options.push_back(wire::raw(wire::LcpPfc{}));
    if (ours_.acfc)
        options.push_back(wire::raw(wire::LcpAcfc{}));
    request_multilink(options);
    return options;
}

bool Lcp::knows(std::uint8_t type) const {
    switch (static_cast<LcpType>(type)) {
    case LcpType::Mru:
    case LcpType::Accm:
    case LcpType::Authentication:
    case LcpType::Quality:
    case LcpType::Magic:
    case LcpType::Pfc:
    case LcpType::Acfc:
        return true;
    case LcpType::Mrru:
    case LcpType::ShortSequence:
    case LcpType::Discriminator:
    case LcpType::MultilinkFormat:
        return multilink_.has_value();
    }
    return false;
}

ControlProtocol::Verdict Lcp::judge(const CpOption &option) {
    const wire::LcpOption lcp = wire::lcp_option(option);
    if (const auto *mru = std::get_if<wire::LcpMru>(&lcp))
        return mru->mru >= least_mru ? Verdict::ack()
                                     : Verdict::nak(wire::raw(wire::LcpMru{least_mru}));
    if (std::holds_alternative<wire::LcpAccm>(lcp) || std::holds_alternative<wire::LcpPfc>(lcp) ||
        std::holds_alternative<wire::LcpAcfc>(lcp))
        return Verdict::ack();
    if (const auto *magic = std::get_if<wire::LcpMagic>(&lcp))
        return judge_magic(magic->magic);
    if (const auto *wanted = std::get_if<wire::LcpAuthentication>(&lcp)) {
        const auth::MethodInfo *method = find_method(*wanted);
        return method && allow_.has(method->method) ? Verdict::ack()
                                                    : refuse_method(describe(*wanted));
    }

    // What is left has an invalid length (section 6: a Nak that shows the right one; without a
    // value to show a Reject), or is not known.
    switch (static_cast<LcpType>(option.type)) {
    case LcpType::Mru:
        return Verdict::nak(wire::raw(wire::LcpMru{default_mru}));
    case LcpType::Accm:
        return Verdict::nak(wire::raw(wire::LcpAccm{0}));
    case LcpType::Authentication:
        return refuse_method("an authentication protocol without a number");
    case LcpType::Magic:
        return Verdict::nak(wire::raw(wire::LcpMagic{nak_magic_ = new_magic()}));
    case LcpType::Quality:
    case LcpType::Pfc:
    case LcpType::Acfc:
        break;
    case LcpType::Mrru:
    case LcpType::ShortSequence:
    case LcpType::Discriminator:
    case LcpType::MultilinkFormat:
        return judge_multilink(option);
    }
    return reject();
}

// Section 6.4: the same number as ours means that the request may be our own, come back.
ControlProtocol::Verdict Lcp::judge_magic(std::uint32_t magic) {
    if (magic != 0 && magic != ours_.magic) {
        collisions_ = 0;
        return Verdict::ack();
    }
    if (magic != 0 && ++collisions_ >= limits().max_failure)
        fail(EndReason::Kind::Looped,
             "the line is looped back: the peer has our own magic number every time");
    return Verdict::nak(wire::raw(wire::LcpMagic{nak_magic_ = new_magic()}));
}

ControlProtocol::Verdict Lcp::reject() {
    rejecting_ = true;
    return Verdict::reject();
}

ControlProtocol::Verdict Lcp::refuse_method(std::string wanted) {
    no_method_ = fmt::format("the peer wants authentication with {}, allowed is {}", wanted,
                             allow_.empty() ? "none" : allow_.text());
    if (++method_naks_ > limits().max_failure)
        fail(EndReason::Kind::AuthFailed,
             fmt::format("no common authentication method: {}", no_method_));
    if (allow_.empty())
        return reject();

    std::vector<const auth::MethodInfo *> allowed;
    for (const auth::MethodInfo &method : auth::methods())
        if (allow_.has(method.method))
            allowed.push_back(&method);
    const auto turn = static_cast<std::size_t>(method_naks_ - 1);
    return Verdict::nak(authentication_option(*allowed[turn % allowed.size()]));
}

void Lcp::agreed_to(const CpOptions &request) {
    peers_ = {};
    peer_mru_ = default_mru;
    method_naks_ = 0;
    multilink_peers_ = {};
    for (const CpOption &option : request) {
        const wire::LcpOption lcp = wire::lcp_option(option);
        agreed_to_multilink(lcp);
        if (const auto *mru = std::get_if<wire::LcpMru>(&lcp))
            peer_mru_ = mru->mru;
        else if (const auto *magic = std::get_if<wire::LcpMagic>(&lcp))
            peers_.magic = magic->magic;
        else if (std::holds_alternative<wire::LcpPfc>(lcp))
            peers_.pfc = true;
        else if (std::holds_alternative<wire::LcpAcfc>(lcp))
            peers_.acfc = true;
        else if (const auto *wanted = std::get_if<wire::LcpAuthentication>(&lcp))
            if (const auth::MethodInfo *method = find_method(*wanted))
                peers_.method = method->method;
    }
    if (peers_.method)
        no_method_.clear();
}

void Lcp::on_nak(const CpOption &option) {
    const wire::LcpOption lcp = wire::lcp_option(option);
    if (const auto *mru = std::get_if<wire::LcpMru>(&lcp)) {
        // Up to the default we can receive anything, whatever we asked for (section 6.1).
        if (mru->mru >= least_mru && mru->mru <= std::max(configured_.mru, default_mru))
            ours_.mru = mru->mru;
    } else if (const auto *magic = std::get_if<wire::LcpMagic>(&lcp)) {
        // Not the one of our last Nak: there is somebody else, and this number is unique.
        const bool other = magic->magic != 0 && magic->magic != nak_magic_;
        ours_.magic = other ? magic->magic : new_magic();
    } else if (static_cast<LcpType>(option.type) == LcpType::Authentication) {
        demand_another(option);
    } else if (std::holds_alternative<wire::LcpMrru>(lcp) ||
               std::holds_alternative<wire::LcpMultilinkFormat>(lcp)) {
        on_multilink_nak(lcp);
    } else {
        on_reject(option);  // a value is wrong that has none, or not the right length: do without
    }
}

// Section 6.2: the peer says what it would rather do.
void Lcp::demand_another(const CpOption &better) {
    if (!demand_)
        return;
    demandable_.remove(*demand_);
    const wire::LcpOption lcp = wire::lcp_option(better);
    const auto *offer = std::get_if<wire::LcpAuthentication>(&lcp);
    const auth::MethodInfo *method = offer ? find_method(*offer) : nullptr;
    const auto next = method && demandable_.has(method->method) ? std::optional(method->method)
                                                                : strongest(demandable_);
    if (!next)
        return fail(EndReason::Kind::AuthFailed,
                    fmt::format("no common authentication method: the peer would prove who it is "
                                "with {}, demanded is {}",
                                offer ? describe(*offer) : "nothing known", require_.text()));
    demand_ = next;
}

void Lcp::on_reject(const CpOption &option) {
    switch (static_cast<LcpType>(option.type)) {
    case LcpType::Mru:
        ours_.mru = default_mru;
        return;
    case LcpType::Magic:
        ours_.magic = 0;
        return;
    case LcpType::Pfc:
        ours_.pfc = false;
        return;
    case LcpType::Acfc:
        ours_.acfc = false;
        return;
    case LcpType::Authentication:
        if (demand_)
            fail(EndReason::Kind::AuthFailed,
                 fmt::format("the peer refuses to prove who it is (it rejects {}), demanded is {}",
                             auth::info(*demand_).name, require_.text()));
        return;
    case LcpType::Mrru:
    case LcpType::ShortSequence:
    case LcpType::Discriminator:
    case LcpType::MultilinkFormat:
        return on_multilink_reject(static_cast<LcpType>(option.type));
    case LcpType::Accm:
    case LcpType::Quality:
        return;  // never asked for
    }
}

std::string Lcp::wishes() const {
    return fmt::format(
        "MRU {}{}{}{}{}{}", ours_.mru,
        demand_ ? fmt::format(", authentication with {}", auth::info(*demand_).name) : "",
        ours_.magic ? ", magic number" : "", ours_.pfc ? ", protocol field compression" : "",
        ours_.acfc ? ", address and control field compression" : "", multilink_wishes());
}

bool Lcp::own_echo(View information) const {
    const auto packet = wire::decode_cp(information);
    if (!packet || ours_.magic == 0 || state() != State::Opened)
        return false;
    if (packet->code != CpCode::EchoRequest && packet->code != CpCode::EchoReply)
        return false;
    const auto echo = wire::decode_echo(packet->data);
    return echo && echo->magic == ours_.magic;
}

bool Lcp::receive_extra(const CpPacket &packet, base::Time now) {
    switch (packet.code) {
    case CpCode::ProtocolReject:
        receive_protocol_reject(packet, now);
        return true;
    case CpCode::EchoRequest:
    case CpCode::EchoReply:
    case CpCode::DiscardRequest:
    case CpCode::TimeRemaining:
        if (state() != State::Opened) {
            ++counters_.unexpected;
            return true;
        }
        [[fallthrough]];
    case CpCode::Identification:  // in any state (RFC 1570 section 1.1)
        if (!wire::decode_echo(packet.data)) {
            ++counters_.malformed;
            return true;
        }
        happen(Event::Rxr, now, &packet);
        return true;
    case CpCode::ConfigureRequest:
    case CpCode::ConfigureAck:
    case CpCode::ConfigureNak:
    case CpCode::ConfigureReject:
    case CpCode::TerminateRequest:
    case CpCode::TerminateAck:
    case CpCode::CodeReject:
    case CpCode::ResetRequest:
    case CpCode::ResetAck:
        break;
    }
    return false;
}

void Lcp::receive_protocol_reject(const CpPacket &packet, base::Time now) {
    if (state() != State::Opened) {
        ++counters_.unexpected;
        return;
    }
    const auto reject = wire::decode_protocol_reject(packet.data);
    if (!reject) {
        ++counters_.malformed;
        return;
    }
    if (reject->protocol == PppProtocol::Lcp) {
        fail(EndReason::Kind::ProtocolRejected, "the peer does not speak LCP any more");
        return happen(Event::RxjMinus, now, &packet);
    }
    happen(Event::RxjPlus, now, &packet);
    emit(PeerRejects{reject->protocol});
}

void Lcp::on_code_rejected(CpCode code) {
    if (code == CpCode::EchoRequest)
        emit(EchoRefused{});
}

void Lcp::send_echo_reply(const CpPacket &request) {
    if (request.code != CpCode::EchoRequest)
        return;
    const auto echo = wire::decode_echo(request.data);
    if (!echo)
        return;
    const std::size_t room = peer_mru_ - 8U;
    const View data = echo->data.first(std::min(echo->data.size(), room));
    send(CpCode::EchoReply, request.id, wire::encode(wire::EchoData{ours_.magic, data}));
}

void Lcp::send_echo_request() {
    if (state() == State::Opened)
        send(CpCode::EchoRequest, next_id(), wire::encode(wire::EchoData{ours_.magic, {}}));
}

void Lcp::reject_protocol(const wire::PppFrame &frame) {
    if (state() != State::Opened)
        return;
    const std::size_t room = peer_mru_ - 6U;
    const View copy = frame.information.first(std::min(frame.information.size(), room));
    ++counters_.rejected;
    send(CpCode::ProtocolReject, next_id(),
         wire::encode(wire::ProtocolRejectData{frame.protocol, copy}));
}

}  // namespace rtun::ppp
