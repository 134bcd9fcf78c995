// SPDX-License-Identifier: GPL-2.0-or-later
#include <ppp/control_protocol.h>

#include <base/bytes.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace rtun::ppp {

namespace {

using base::Bytes;
using base::Time;
using base::View;
using wire::CpCode;
using wire::CpOption;
using wire::CpOptions;
using wire::CpPacket;

constexpr base::Duration shortest_restart = std::chrono::milliseconds(500);
constexpr std::size_t text_limit = 100;  // of a Terminate-Request, both ways

// The peer's words, if they are words: some put binary data there.
std::string words_of(View data) {
    const std::string text = base::printable(data, text_limit);
    return std::equal(text.begin(), text.end(), data.begin()) ? text : "";
}

bool negotiating(State state) {
    return state == State::ReqSent || state == State::AckRcvd || state == State::AckSent;
}

const CpOption *find(const CpOptions &options, std::uint8_t type) {
    const auto it = std::find_if(options.begin(), options.end(),
                                 [type](const CpOption &o) { return o.type == type; });
    return it == options.end() ? nullptr : &*it;
}

}  // namespace

bool ControlProtocol::repeats(std::uint8_t) const { return false; }

wire::CpOptions ControlProtocol::missing(const CpOptions &) { return {}; }

bool ControlProtocol::receive_extra(const CpPacket &, Time) { return false; }

void ControlProtocol::on_code_rejected(CpCode) {}

void ControlProtocol::send_echo_reply(const CpPacket &) {}

void ControlProtocol::up(Time now) { happen(Event::Up, now); }

void ControlProtocol::down(Time now) { happen(Event::Down, now); }

void ControlProtocol::open(Time now) { happen(Event::Open, now); }

void ControlProtocol::close(Time now, std::string_view why) {
    terminate_text_ = why.substr(0, text_limit);
    happen(Event::Close, now);
}

void ControlProtocol::expire(Time now) {
    if (timer_ && *timer_ <= now)
        happen(restarts_ > 0 ? Event::ToPlus : Event::ToMinus, now);
}

void ControlProtocol::receive(View information, Time now) {
    if (state_ == State::Initial || state_ == State::Starting) {
        ++counters_.unexpected;  // the lower layer is down: nothing can have come
        return;
    }
    const auto packet = wire::decode_cp(information);
    if (!packet) {
        ++counters_.malformed;
        return;
    }
    switch (packet->code) {
    case CpCode::ConfigureRequest:
        return configure_request(*packet, now);
    case CpCode::ConfigureAck:
    case CpCode::ConfigureNak:
    case CpCode::ConfigureReject:
        return configure_answer(*packet, now);
    case CpCode::TerminateRequest:
        emit(PeerTerminated{state_, words_of(packet->data)});
        return happen(Event::Rtr, now, &*packet);
    case CpCode::TerminateAck:
        // Unasked for, it says that the peer is closed or stopped: its identifier is not compared.
        return happen(Event::Rta, now, &*packet);
    case CpCode::CodeReject:
        return code_reject(*packet, now);
    case CpCode::ProtocolReject:
    case CpCode::EchoRequest:
    case CpCode::EchoReply:
    case CpCode::DiscardRequest:
    case CpCode::Identification:
    case CpCode::TimeRemaining:
    case CpCode::ResetRequest:
    case CpCode::ResetAck:
        break;
    }
    if (!receive_extra(*packet, now))
        happen(Event::Ruc, now, &*packet);
}

void ControlProtocol::configure_request(const CpPacket &packet, Time now) {
    auto options = wire::decode_options(packet.data);
    if (!options) {
        ++counters_.malformed;
        return;
    }
    // An option that is known may be listed only once, unless it says otherwise (section 6). Which
    // of two would count? None: the packet is not valid.
    for (auto it = options->begin(); it != options->end(); ++it) {
        const bool again = std::any_of(options->begin(), it,
                                       [&](const CpOption &o) { return o.type == it->type; });
        if (again && knows(it->type) && !repeats(it->type)) {
            ++counters_.malformed;
            return;
        }
    }
    // Where the table answers good and bad requests alike there is nothing to think about.
    const bool indifferent =
        state_ == State::Closed || state_ == State::Closing || state_ == State::Stopping;
    const bool good = indifferent || review(packet.id, *std::move(options));
    happen(good ? Event::RcrPlus : Event::RcrMinus, now, &packet);
}

// Judges the peer's request and makes the reply. True: an Ack.
bool ControlProtocol::review(std::uint8_t id, CpOptions request) {
    CpOptions naks;
    CpOptions rejects;
    for (const CpOption &option : request) {
        Verdict verdict = judge(option);
        switch (verdict.kind) {
        case Verdict::Kind::Ack:
            break;
        case Verdict::Kind::Nak:
            if (patient())
                naks.push_back(std::move(verdict.better));
            else
                rejects.push_back(option);
            break;
        case Verdict::Kind::Reject:
            rejects.push_back(option);
            break;
        }
    }
    if (patient())
        for (CpOption &option : missing(request))
            naks.push_back(std::move(option));
    if (!rejects.empty()) {
        reply_ = {CpCode::ConfigureReject, id, std::move(rejects)};
        return false;
    }
    if (!naks.empty()) {
        reply_ = {CpCode::ConfigureNak, id, std::move(naks)};
        return false;
    }
    reply_ = {CpCode::ConfigureAck, id, std::move(request)};
    return true;
}

void ControlProtocol::configure_answer(const CpPacket &packet, Time now) {
    if (packet.id != request_id_ || answered_) {
        ++counters_.unexpected;
        return;
    }
    const bool ack = packet.code == CpCode::ConfigureAck;
    if (ack ? !std::ranges::equal(packet.data, wire::encode(request_)) : !follow(packet)) {
        ++counters_.malformed;
        return;
    }
    answered_ = true;
    const bool agreed = ack && (!negotiating(state_) || settled());
    // A peer that answers for ever and still does not open would keep the Restart counter full.
    const bool opens = agreed && state_ == State::AckSent;
    if (negotiating(state_) && ++answers_ > limits_.max_configure + limits_.max_failure && !opens)
        fail(EndReason::Kind::NegotiationFailed,
             ack ? fmt::format("no agreement in {}: the peer never asks for what it wants", name_)
                 : fmt::format("no agreement in {}: the peer keeps refusing {}", name_, wishes()));
    happen(agreed ? Event::Rca : Event::Rcn, now, &packet);
}

// Changes our wishes as a Configure-Nak or -Reject says. False: it does not fit our request.
bool ControlProtocol::follow(const CpPacket &packet) {
    const auto options = wire::decode_options(packet.data);
    if (!options || options->empty())
        return false;

    const bool reject = packet.code == CpCode::ConfigureReject;
    if (reject) {
        // Octet for octet out of our request, in its order.
        auto from = request_.begin();
        for (const CpOption &option : *options) {
            from = std::find(from, request_.end(), option);
            if (from == request_.end())
                return false;
            ++from;
        }
    } else if (std::none_of(options->begin(), options->end(),
                            [this](const CpOption &o) { return knows(o.type); })) {
        return false;
    }
    if (!negotiating(state_))
        return true;

    for (const CpOption &option : *options) {
        if (reject)
            on_reject(option);
        // A Nak may also name options that the peer would like to see in our request. Those that
        // we left out we did not want, or the peer rejected them.
        else if (find(request_, option.type))
            on_nak(option);
    }
    return true;
}

void ControlProtocol::code_reject(const CpPacket &packet, Time now) {
    const auto code = wire::decode_code_reject(packet.data);
    if (!code) {
        ++counters_.malformed;
        return;
    }
    if (*code >= CpCode::ConfigureRequest && *code <= CpCode::CodeReject) {
        fail(EndReason::Kind::ProtocolRejected,
             fmt::format("the peer does not understand {} code {}", name_,
                         static_cast<unsigned>(*code)));
        return happen(Event::RxjMinus, now, &packet);
    }
    on_code_rejected(*code);
    happen(Event::RxjPlus, now, &packet);
}

void ControlProtocol::happen(Event event, Time now, const CpPacket *packet) {
    const Cell &cell = transition(state_, event);
    if (cell.illegal) {
        ++counters_.illegal;
        return;
    }
    const State before = std::exchange(state_, cell.next);
    for (const Action action : actions_in_order)
        if (cell.actions.has(action))
            perform(action, event, before, now, packet);
    if (!timer_runs(state_))
        timer_.reset();
}

void ControlProtocol::perform(Action action, Event event, State before, Time now,
                              const CpPacket *packet) {
    switch (action) {
    case Action::Tld:
        return emit(LayerDown{});
    case Action::Irc:
        // Max-Terminate if a Terminate-Request follows in the same cell.
        return initialize_restart(transition(before, event).actions.has(Action::Str)
                                      ? limits_.max_terminate
                                      : limits_.max_configure);
    case Action::Zrc:
        // Time for the peer to see our Terminate-Ack before the transport goes (section 3.7).
        restarts_ = 0;
        period_ = limits_.restart;
        return start_timer(now);
    case Action::Scr:
        return send_configure_request(event, before, now);
    case Action::Sca:
        naks_ = refused_ = 0;
        agreed_to(reply_.options);
        return send(reply_.code, reply_.id, wire::encode(reply_.options));
    case Action::Scn:
        if (reply_.code == CpCode::ConfigureReject)
            ++counters_.rejected;
        else
            ++naks_;
        send(reply_.code, reply_.id, wire::encode(reply_.options));
        if (++refused_ > 3 * limits_.max_failure)
            fail(EndReason::Kind::NegotiationFailed,
                 fmt::format("no agreement in {}: the peer insists on what we refuse", name_));
        return;
    case Action::Str:
        return send_terminate_request(event, now);
    case Action::Sta:
        return send(CpCode::TerminateAck, packet ? packet->id : next_id(), {});
    case Action::Scj: {
        if (!packet)
            return;
        Bytes rejected = wire::encode(*packet);
        rejected.resize(std::min<std::size_t>(rejected.size(), peer_mru_ - 4U));
        ++counters_.rejected;
        return send(CpCode::CodeReject, next_id(), rejected);
    }
    case Action::Ser:
        if (packet)
            send_echo_reply(*packet);
        return;
    case Action::Tls:
        return;  // the transport is there before the link is opened
    case Action::Tlf:
        return emit(LayerFinished{event == Event::ToMinus && negotiating(before)});
    case Action::Tlu:
        return emit(LayerUp{});
    }
}

void ControlProtocol::initialize_restart(int count) {
    restarts_ = count;
    period_ = std::min(limits_.restart, std::max(limits_.restart / 4, shortest_restart));
}

// The way to Opened has initialised the counter, and the table relies on that.
void ControlProtocol::resume(State state) {
    state_ = state;
    initialize_restart(limits_.max_configure);
}

// Also for a negotiation that goes on.
void ControlProtocol::set_limits(const Limits &limits) {
    restarts_ += limits.max_configure - limits_.max_configure;
    limits_ = limits;
}

void ControlProtocol::send_configure_request(Event event, State before, Time now) {
    if (!negotiating(before)) {
        naks_ = refused_ = answers_ = 0;
        reset();
    }
    CpOptions options = request();
    // A retransmission keeps its identifier, so that a late reply to the first one counts; anything
    // else needs a new one (section 5.1).
    if (event != Event::ToPlus || answered_ || options != request_)
        request_id_ = next_id();
    request_ = std::move(options);
    answered_ = false;
    send(CpCode::ConfigureRequest, request_id_, wire::encode(request_));
    --restarts_;
    start_timer(now);
}

void ControlProtocol::send_terminate_request(Event event, Time now) {
    if (event != Event::ToPlus)
        terminate_id_ = next_id();
    send(CpCode::TerminateRequest, terminate_id_, base::as_bytes(terminate_text_));
    --restarts_;
    start_timer(now);
}

void ControlProtocol::start_timer(Time now) {
    timer_ = now + period_;
    period_ = std::min(limits_.restart, period_ * 2);
}

void ControlProtocol::send(CpCode code, std::uint8_t id, View data) {
    emit(Send{wire::encode(CpPacket{code, id, data})});
}

void ControlProtocol::fail(EndReason::Kind kind, std::string text) {
    emit(Failed{{kind, std::move(text)}});
}

}  // namespace rtun::ppp
