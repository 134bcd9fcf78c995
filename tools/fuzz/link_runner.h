// SPDX-License-Identifier: GPL-2.0-or-later
//
// A whole link against a peer that sends whatever it likes, whenever it likes. The input is a list
// of steps:
//     0x00-0x7f  length, then a frame of that length
//     0x80-0xbf  time passes: the low six bits, in quarters of a second
//     0xc0-0xdf  our last Configure-Request of LCP comes back as an Ack, Nak or Reject
//     0xe0-0xef  the same for IPCP
//     0xf0-0xff  close, data seen, the same for CCP, transport down, moved
//                (where the link demands authentication: 0xf0-0xf1 the right answer to our last
//                challenge, 0xfa-0xfb another program goes on with the link)
// Where BCP is spoken, 0xe0-0xef are about that and not IPCP.
// Nothing may crash; what is put out for a frame is bounded; phases, encryption and networks are
// reported in an order that makes sense; where encryption is required no network comes up without
// it, nor without a peer that has proved who it is where that is demanded; a link of a bundle has
// no networks, and a bundle says nothing of LCP that its peer would have to discard; nothing
// follows Ended; and when the peer falls silent the link ends or stays as it is, in a bounded
// number of steps.
#pragma once

#include <auth/authenticator.h>
#include <auth/peer.h>
#include <fuzz/target.h>
#include <ppp/link.h>
#include <ppp/link_state.h>
#include <wire/auth.h>
#include <wire/ppp.h>

#include <algorithm>
#include <chrono>
#include <optional>

namespace rtun::fuzz {

using namespace std::chrono_literals;

// Counts up: runs can be repeated.
class Counting final : public base::Random {
public:
    void fill(std::span<std::uint8_t> out) override {
        for (std::uint8_t &octet : out)
            octet = next_++;
    }

private:
    std::uint8_t next_ = 1;
};

class LinkRunner {
public:
    explicit LinkRunner(const ppp::LinkOptions &options, const ppp::Grant &grant = {})
        : options_(options), grant_(grant),
          required_(options.encryption == ppp::Encryption::Required), link_(options, random_) {}

    void run(base::View input) {
        link_.open(now_);
        go(input);
    }
    // The same of a bundle.
    void run_bundle(const ppp::BundleStart &start, base::View input) {
        bundle_ = known_ = true;
        link_.begin_bundle(start, now_);
        go(input);
    }

private:
    void go(base::View input) {
        collect();
        base::Reader steps(input);
        while (steps.left() > 0 && !ended_)
            step(steps);
        finish();
    }
    void step(base::Reader &steps) {
        const std::uint8_t op = steps.u8();
        if (op < 0x80)
            receive(steps.bytes(std::min<std::size_t>(op, steps.left())));
        else if (op < 0xc0)
            pass(250ms * (op & 0x3f));
        else if (op < 0xe0)
            answer(wire::PppProtocol::Lcp, lcp_request_, op);
        else if (op < 0xf0)
            answer(bridges() ? wire::PppProtocol::Bcp : wire::PppProtocol::Ipcp, network_request_,
                   op);
        else if (op < 0xf2 && demands())
            prove();
        else if (op < 0xf4)
            link_.close(now_, "fuzz");
        else if (op < 0xf5)
            link_.traffic_seen(now_);
        else if (op < 0xf8)
            answer(wire::PppProtocol::Ccp, ccp_request_, op);
        else if (op >= 0xfa && op < 0xfc && demands())
            take_over();
        else if (op < 0xfc)
            link_.lower_down(now_);
        else
            link_ = ppp::Link(std::move(link_));
        collect();
    }

    void receive(base::View frame) {
        const std::size_t before = outputs_;
        link_.receive(frame, now_);
        collect();
        check(outputs_ - before < 30, "what follows from one frame is bounded");
    }

    void answer(wire::PppProtocol protocol, const base::Bytes &request, std::uint8_t op) {
        if (request.size() < 4)
            return;
        base::Bytes reply = request;
        reply[0] = static_cast<std::uint8_t>(2 + op % 3);
        receive(wire::encode(wire::PppFrame{protocol, reply}));
    }

    void pass(base::Duration duration) {
        const base::Time until = now_ + duration;
        for (int i = 0; link_.deadline() && *link_.deadline() <= until; ++i) {
            check(i < 5000, "deadlines move on");
            now_ = std::max(now_, *link_.deadline());
            link_.expire(now_);
            collect();
        }
        now_ = until;
    }

    [[nodiscard]] bool bridges() const {
        return demands() ? grant_.bridge.has_value() : options_.bridge.has_value();
    }
    [[nodiscard]] bool demands() const { return !options_.require.empty(); }

    // The peer knows the password and says so, or answers with the one packet that PAP takes.
    void prove() {
        const auth::Credentials credentials{"user", base::Secret(std::string_view("password"))};
        for (const auth::MethodInfo &row : auth::methods()) {
            const auto peer = auth::Peer::create(row.method, credentials, {}, random_);
            peer->start(now_);
            if (challenge_.size() > 2)
                peer->receive(0xc223, challenge_, now_);
            for (const auth::Output &output : peer->take_outputs())
                if (const auto *send = std::get_if<auth::Send>(&output))
                    receive(wire::encode(wire::PppFrame{
                        static_cast<wire::PppProtocol>(send->protocol), send->payload}));
        }
    }

    void take_over() {
        const auto state = link_.state();
        if (!state)
            return;
        check(up_ || bridged_ || member_, "only a link that is up is handed over");
        const std::string text = ppp::encode(*state);
        const auto read = ppp::decode_link_state(text);
        check(read && ppp::encode(*read) == text, "a state survives its text");
        link_ = ppp::Link(options_, random_);
        link_.resume(*read, now_);
        check(link_.take_outputs().empty(), "a link goes on without a word");
    }

    // The peer is silent from here on: the keepalive and every other timer find that out.
    void finish() {
        pass(1h);
        // What finds out that a peer is gone are a bundle's links.
        if (bundle_ && !ended_)
            link_.lower_down(now_);
        collect();
        check(ended_, "with a silent peer the link ends");
        link_.receive({}, now_);
        link_.expire(now_);
        link_.close(now_, "again");
        link_.lower_down(now_);
        check(link_.take_outputs().empty(), "nothing follows the end");
        check(!link_.deadline(), "nothing is due after the end");
    }

    // The owner's answers follow what was put out, and may lead to more.
    void collect() {
        take();
        for (bool more = true; more && !ended_;) {
            more = !verdicts_.empty() || granting_;
            for (const auth::Verdict &verdict : std::exchange(verdicts_, {}))
                link_.verdict(verdict, now_);
            if (std::exchange(granting_, false))
                link_.grant(grant_, now_);
            take();
        }
    }

    void take() {
        for (const ppp::Output &output : link_.take_outputs()) {
            ++outputs_;
            check(!ended_, "Ended is the last output");
            if (const auto *send = std::get_if<ppp::SendFrame>(&output))
                remember(send->frame);
            else if (const auto *phase = std::get_if<ppp::PhaseChanged>(&output))
                enter(phase->phase);
            else if (const auto *verify = std::get_if<ppp::Verify>(&output)) {
                check(phase_ == ppp::Phase::Authenticate || phase_ == ppp::Phase::Network,
                      "claims are made in their phase");
                verdicts_.push_back(
                    auth::check(verify->claim, base::Secret(std::string_view("password"))));
            } else if (std::holds_alternative<ppp::PeerAuthenticated>(output)) {
                known_ = granting_ = true;
            } else if (const auto *encryption = std::get_if<ppp::EncryptionUp>(&output))
                encryption_up(*encryption);
            else if (std::holds_alternative<ppp::EncryptionDown>(output)) {
                check(encrypted_, "encryption goes down once");
                encrypted_ = false;
            } else if (std::holds_alternative<ppp::EncryptionRefused>(output)) {
                check(!required_ && !must_encrypt_,
                      "what is required or was there is not given up");
            } else if (std::holds_alternative<ppp::Ipv4Up>(output)) {
                check(known_ || !demands(), "IPv4 is for a peer that is known");
                check(!up_ && phase_ == ppp::Phase::Network, "IPv4 comes up in the network phase");
                check(!member_, "a link of a bundle has no networks");
                check(encrypted_ || (!required_ && !must_encrypt_), "and encrypted if it must be");
                up_ = true;
            } else if (std::holds_alternative<ppp::Ipv4Down>(output)) {
                check(up_, "IPv4 goes down once");
                up_ = false;
            } else if (const auto *v6 = std::get_if<ppp::Ipv6Up>(&output)) {
                check(!v6_ && phase_ == ppp::Phase::Network, "so does IPv6");
                check(v6->local_interface_id != 0 && v6->remote_interface_id != 0 &&
                          v6->local_interface_id != v6->remote_interface_id,
                      "with identifiers that differ");
                v6_ = true;
            } else if (std::holds_alternative<ppp::Ipv6Down>(output)) {
                check(v6_, "IPv6 goes down once");
                v6_ = false;
            } else if (std::holds_alternative<ppp::BridgeUp>(output)) {
                check(bridges(), "bridging has to be asked for");
                check(known_ || !demands(), "bridging is for a peer that is known");
                check(!bridged_ && phase_ == ppp::Phase::Network, "and comes up once");
                check(!member_, "a link of a bundle bridges nothing");
                check(encrypted_ || (!required_ && !must_encrypt_), "and encrypted if it must be");
                bridged_ = true;
            } else if (std::holds_alternative<ppp::BridgeDown>(output)) {
                check(bridged_, "bridging goes down once");
                bridged_ = false;
            } else if (const auto *ready = std::get_if<ppp::MultilinkReady>(&output)) {
                check(options_.multilink && !bundle_, "multilink has to be asked for");
                check(known_ || !demands(), "a bundle is for a peer that is known");
                check(!member_ && !up_ && phase_ == ppp::Phase::Network, "and begins once");
                check(ready->agreed.peer_mrru >= 128, "with an MRRU that makes sense");
                member_ = true;
            } else if (std::holds_alternative<ppp::MultilinkDown>(output)) {
                check(member_, "multilink goes down once");
                member_ = false;
            } else if (std::holds_alternative<ppp::BundleFrame>(output)) {
                check(member_, "what is a bundle's comes from its links");
            } else if (const auto *end = std::get_if<ppp::Ended>(&output)) {
                check(!up_ && !v6_ && !bridged_ && !encrypted_ && !member_,
                      "all is down at the end");
                check(!end->reason.text.empty() && end->reason.text.size() < 1000,
                      "the reason is a line");
                ended_ = true;
            }
        }
    }

    void enter(ppp::Phase phase) {
        phase_ = phase;
        if (phase == ppp::Phase::Establish)
            known_ = false;
    }

    void encryption_up(const ppp::EncryptionUp &up) {
        check(!encrypted_ && phase_ == ppp::Phase::Network, "so does encryption");
        check(up.send || up.receive, "and it is there in one direction at least");
        for (const auto &direction : {up.send, up.receive})
            check(!direction ||
                      direction->start_key.reveal().size() ==
                          (direction->mode.strength == ppp::MppeStrength::Bits128 ? 16U : 8U),
                  "with a key of the right length");
        encrypted_ = true;
        must_encrypt_ = must_encrypt_ || (up.send && up.receive);
        check(!required_ || must_encrypt_, "in both if it is required");
    }

    void remember(const base::Bytes &bytes) {
        const auto frame = wire::decode_ppp(bytes);
        check(frame.has_value(), "what we send is a frame");
        if (frame->protocol == wire::PppProtocol::Chap && !frame->information.empty() &&
            frame->information[0] == 1)
            challenge_.assign(frame->information.begin(), frame->information.end());
        const bool network =
            frame->protocol == (bridges() ? wire::PppProtocol::Bcp : wire::PppProtocol::Ipcp);
        if (frame->protocol != wire::PppProtocol::Lcp &&
            frame->protocol != wire::PppProtocol::Ccp && !network)
            return;
        const auto packet = wire::decode_cp(frame->information);
        check(packet && packet->data.size() + 4 == frame->information.size(),
              "what we send has the right length");
        check(!bundle_ || frame->protocol != wire::PppProtocol::Lcp ||
                  packet->code > wire::CpCode::TerminateAck,
              "a bundle does not negotiate LCP");
        if (packet->code != wire::CpCode::ConfigureRequest)
            return;
        check(wire::decode_options(packet->data).has_value(), "our options are well-formed");
        (frame->protocol == wire::PppProtocol::Lcp   ? lcp_request_
         : frame->protocol == wire::PppProtocol::Ccp ? ccp_request_
                                                     : network_request_)
            .assign(frame->information.begin(), frame->information.end());
    }

    Counting random_;
    ppp::LinkOptions options_;
    ppp::Grant grant_;
    bool required_;
    ppp::Link link_;
    base::Time now_{};
    ppp::Phase phase_ = ppp::Phase::Dead;
    bool up_ = false;
    bool v6_ = false;
    bool bridged_ = false;
    bool bundle_ = false;
    bool member_ = false;
    bool known_ = false;
    bool granting_ = false;
    std::vector<auth::Verdict> verdicts_;
    base::Bytes challenge_;
    bool encrypted_ = false;
    bool must_encrypt_ = false;
    bool ended_ = false;
    std::size_t outputs_ = 0;
    base::Bytes lcp_request_;
    base::Bytes ccp_request_;
    base::Bytes network_request_;
};

}  // namespace rtun::fuzz
