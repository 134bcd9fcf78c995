// SPDX-License-Identifier: GPL-2.0-or-later
//
// What LCP negotiates of multilink (RFC 1990 section 5.1, and the option of RFC 2686).
//
// Asked for: the MRRU, and with it, as wished, short sequence numbers or headers with classes, and
// our Endpoint Discriminator. A peer that rejects the MRRU rejects multilink, and nothing of the
// rest is asked for any more; each of the rest alone is done without. Let through, while the peer
// has not rejected ours: an MRRU of 128 or more that is the bundle's, short sequence numbers,
// headers with as many classes as there can be, and any discriminator that is well-formed. That is
// never answered with a Nak.
//
// Multilink is agreed on when both have asked for it. RFC 1990 permits it in one direction; no
// program that is known sends what it would not receive, and a bundle carries both. A peer that did
// not ask is told once in a Nak that it may (section 5.1.1).
#include <ppp/lcp.h>

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace rtun::ppp {

namespace {

using wire::CpOption;
using wire::CpOptions;
using wire::LcpMultilinkFormat;
using wire::LcpType;

constexpr std::uint16_t default_mrru = 1500;
constexpr std::uint16_t least_mrru = 128;  // the RFC sets none; below this nothing useful fits

constexpr bool is_format(std::uint8_t code) {
    return code == LcpMultilinkFormat::Long || code == LcpMultilinkFormat::Short;
}

// The header has four bits for the class, the short one two.
constexpr int most_classes(std::uint8_t code) { return code == LcpMultilinkFormat::Short ? 4 : 16; }

const CpOption *find(const CpOptions &options, LcpType type) {
    const auto it = std::find_if(options.begin(), options.end(), [type](const CpOption &option) {
        return option.type == static_cast<std::uint8_t>(type);
    });
    return it == options.end() ? nullptr : &*it;
}

}  // namespace

void Lcp::reset_multilink() {
    multilink_ours_ = {};
    multilink_peers_ = {};
    mrru_rejected_ = mrru_hinted_ = rejecting_ = false;
    mrru_refused_ = 0;
    if (!multilink_)
        return;
    multilink_ours_.mrru = multilink_->mrru;
    multilink_ours_.short_sequence = multilink_->short_sequence;
    const int most = most_classes(multilink_->short_sequence ? LcpMultilinkFormat::Short
                                                             : LcpMultilinkFormat::Long);
    multilink_ours_.classes = multilink_->classes < 2 ? 0 : std::min(multilink_->classes, most);
    multilink_ours_.discriminator = multilink_->discriminator && !multilink_->discriminator->null();
}

void Lcp::resume_multilink(const std::optional<MultilinkAgreed> &agreed) {
    multilink_ours_ = {};
    multilink_peers_ = {};
    if (!agreed)
        return;
    multilink_ours_ = {agreed->mrru, agreed->short_rx, agreed->classes_rx, false};
    multilink_peers_.mrru = agreed->peer_mrru;
    multilink_peers_.short_sequence = agreed->short_tx;
    if (agreed->classes_tx > 0)
        multilink_peers_.format = LcpMultilinkFormat{agreed->short_tx ? LcpMultilinkFormat::Short
                                                                      : LcpMultilinkFormat::Long,
                                                     static_cast<std::uint8_t>(agreed->classes_tx)};
    multilink_peers_.discriminator = agreed->peer_discriminator;
}

// RFC 2686: the option for classes says the length of the sequence number, too, and never stands
// beside the one that says that alone.
void Lcp::request_multilink(CpOptions &options) const {
    const MultilinkWishes &ours = multilink_ours_;
    if (ours.mrru == 0)
        return;
    options.push_back(wire::raw(wire::LcpMrru{ours.mrru}));
    if (ours.short_sequence && ours.classes == 0)
        options.push_back(wire::raw(wire::LcpShortSequence{}));
    if (ours.discriminator) {
        const base::View address = multilink_->discriminator->address();
        options.push_back(wire::raw(
            wire::LcpDiscriminator{static_cast<std::uint8_t>(multilink_->discriminator->in()),
                                   {address.begin(), address.end()}}));
    }
    if (ours.classes > 0)
        options.push_back(wire::raw(LcpMultilinkFormat{
            ours.short_sequence ? LcpMultilinkFormat::Short : LcpMultilinkFormat::Long,
            static_cast<std::uint8_t>(ours.classes)}));
}

// A request that begins a negotiation is judged before that has begun: what the peer rejected then
// was in the last one.
bool Lcp::negotiates() const {
    return state() == State::ReqSent || state() == State::AckRcvd || state() == State::AckSent;
}

ControlProtocol::Verdict Lcp::judge_multilink(const CpOption &option) {
    if (!multilink_)
        return reject();
    const wire::LcpOption lcp = wire::lcp_option(option);
    if (const auto *discriminator = std::get_if<wire::LcpDiscriminator>(&lcp)) {
        const auto in = static_cast<Discriminator::Class>(discriminator->in);
        return Discriminator::make(in, discriminator->address) ? Verdict::ack() : reject();
    }
    if (static_cast<LcpType>(option.type) == LcpType::Discriminator || rejected_now())
        return reject();
    if (std::holds_alternative<wire::LcpShortSequence>(lcp))
        return Verdict::ack();
    if (const auto *mrru = std::get_if<wire::LcpMrru>(&lcp))
        return judge_mrru(mrru->mrru);
    if (const auto *format = std::get_if<LcpMultilinkFormat>(&lcp)) {
        const std::uint8_t code = is_format(format->code) ? format->code : LcpMultilinkFormat::Long;
        const LcpMultilinkFormat better{code, static_cast<std::uint8_t>(std::clamp<int>(
                                                  format->classes, 1, most_classes(code)))};
        const bool good = better.code == format->code && better.classes == format->classes;
        return good ? Verdict::ack() : Verdict::nak(wire::raw(better));
    }
    // What is left has an invalid length.
    return static_cast<LcpType>(option.type) == LcpType::Mrru ? judge_mrru(0) : reject();
}

// Section 5.1.1: all links of a bundle have the same.
ControlProtocol::Verdict Lcp::judge_mrru(std::uint16_t mrru) {
    const std::uint16_t required = multilink_->required_peer_mrru.value_or(0);
    if (required != 0 ? mrru == required : mrru >= least_mrru)
        return Verdict::ack();
    mrru_refused_ = required != 0 ? std::max<std::uint16_t>(mrru, 1) : 0;
    return Verdict::nak(wire::raw(wire::LcpMrru{required != 0 ? required : default_mrru}));
}

// A request that is rejected comes again: what is to be said in a Nak waits until then.
CpOptions Lcp::missing(const CpOptions &request) {
    if (std::exchange(rejecting_, false) || !multilink_ || rejected_now())
        return {};
    if (find(request, LcpType::Mrru) == nullptr) {
        const bool again = std::exchange(mrru_hinted_, true) && negotiates();
        if (mrru_refused_ != 0 || (again && !multilink_->required))
            return {};
        return {wire::raw(wire::LcpMrru{multilink_->required_peer_mrru.value_or(default_mrru)})};
    }
    // RFC 2686 forbids both. Where they contradict each other, which would count?
    const CpOption *format = find(request, LcpType::MultilinkFormat);
    if (format == nullptr || find(request, LcpType::ShortSequence) == nullptr)
        return {};
    const wire::LcpOption lcp = wire::lcp_option(*format);
    const auto *with = std::get_if<LcpMultilinkFormat>(&lcp);
    if (with == nullptr || with->code != LcpMultilinkFormat::Long)
        return {};
    const int classes = std::clamp<int>(with->classes, 1, most_classes(LcpMultilinkFormat::Short));
    return {wire::raw(
        LcpMultilinkFormat{LcpMultilinkFormat::Short, static_cast<std::uint8_t>(classes)})};
}

void Lcp::agreed_to_multilink(const wire::LcpOption &option) {
    MultilinkGranted &peers = multilink_peers_;
    if (const auto *mrru = std::get_if<wire::LcpMrru>(&option)) {
        peers.mrru = mrru->mrru;
        mrru_refused_ = 0;
    } else if (std::holds_alternative<wire::LcpShortSequence>(option)) {
        peers.short_sequence = true;
    } else if (const auto *format = std::get_if<LcpMultilinkFormat>(&option)) {
        peers.format = *format;
    } else if (const auto *it = std::get_if<wire::LcpDiscriminator>(&option)) {
        peers.discriminator =
            Discriminator::make(static_cast<Discriminator::Class>(it->in), it->address);
    }
}

// Those two whose value may be another one.
void Lcp::on_multilink_nak(const wire::LcpOption &better) {
    MultilinkWishes &ours = multilink_ours_;
    if (const auto *mrru = std::get_if<wire::LcpMrru>(&better)) {
        // Up to the default we can receive anything, whatever we asked for (section 5.1.1).
        const bool good =
            mrru->mrru >= least_mrru && mrru->mrru <= std::max(multilink_->mrru, default_mrru);
        if (good && !multilink_->required)
            ours.mrru = mrru->mrru;
    } else if (const auto *format = std::get_if<LcpMultilinkFormat>(&better)) {
        const int classes = std::min<int>(format->classes, most_classes(format->code));
        if (!is_format(format->code) || classes < 2)
            return on_multilink_reject(LcpType::MultilinkFormat);
        ours.short_sequence = format->code == LcpMultilinkFormat::Short;
        ours.classes = std::min(ours.classes, classes);
    }
}

void Lcp::on_multilink_reject(LcpType type) {
    if (type == LcpType::Mrru) {
        mrru_rejected_ = true;
        multilink_ours_ = {};
    } else if (type == LcpType::ShortSequence) {
        multilink_ours_.short_sequence = false;
    } else if (type == LcpType::Discriminator) {
        multilink_ours_.discriminator = false;  // "MUST remove it from any additional"
    } else {
        multilink_ours_.classes = 0;
    }
}

std::string Lcp::multilink_wishes() const {
    const MultilinkWishes &ours = multilink_ours_;
    if (ours.mrru == 0)
        return "";
    const std::string_view length = ours.short_sequence ? "short" : "long";
    return fmt::format(
        ", mrru {}{}{}{}", ours.mrru,
        ours.short_sequence && ours.classes == 0 ? ", short-sequence" : "",
        ours.discriminator
            ? fmt::format(", endpoint-discriminator {}", multilink_->discriminator->text())
            : "",
        ours.classes > 0 ? fmt::format(", multi-class {} {}", length, ours.classes) : "");
}

std::optional<MultilinkAgreed> Lcp::multilink_agreed() const {
    const MultilinkWishes &ours = multilink_ours_;
    const MultilinkGranted &peers = multilink_peers_;
    if (ours.mrru == 0 || peers.mrru == 0)
        return std::nullopt;
    MultilinkAgreed agreed;
    agreed.mrru = ours.mrru;
    agreed.peer_mrru = peers.mrru;
    agreed.short_rx = ours.short_sequence;
    agreed.classes_rx = ours.classes;
    agreed.short_tx =
        peers.format ? peers.format->code == LcpMultilinkFormat::Short : peers.short_sequence;
    agreed.classes_tx = peers.format ? peers.format->classes : 0;
    if (peers.discriminator && !peers.discriminator->null())
        agreed.peer_discriminator = peers.discriminator;
    return agreed;
}

std::string Lcp::multilink_refused() const {
    if (!multilink_ || multilink_agreed())
        return "";
    if (mrru_rejected_)
        return "the peer rejected multilink (MRRU)";
    if (mrru_refused_ != 0)
        return fmt::format("the peer has another MRRU than on the other links of the bundle, {}",
                           *multilink_->required_peer_mrru);
    return "the peer does not speak multilink (it asks for no MRRU)";
}

}  // namespace rtun::ppp
