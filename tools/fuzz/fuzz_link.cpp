// SPDX-License-Identifier: GPL-2.0-or-later
//
// A whole link against a peer that sends whatever it likes, whenever it likes. The input is a list
// of steps:
//     0x00-0x7f  length, then a frame of that length
//     0x80-0xbf  time passes: the low six bits, in quarters of a second
//     0xc0-0xdf  our last Configure-Request of LCP comes back as an Ack, Nak or Reject
//     0xe0-0xef  the same for IPCP
//     0xf0-0xff  close, data seen, the same for CCP, transport down, moved
// Nothing may crash; what is put out for a frame is bounded; phases, encryption and IPv4 are
// reported in an order that makes sense; where encryption is required IPv4 never comes up without
// it; nothing follows Ended; and when the peer falls silent the link ends or stays as it is, in a
// bounded number of steps.
#include <auth/method.h>
#include <fuzz/target.h>
#include <ppp/link.h>
#include <wire/ppp.h>

#include <algorithm>
#include <chrono>

using namespace rtun;
using fuzz::check;
using namespace std::chrono_literals;

namespace {

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

class Runner {
public:
    explicit Runner(const ppp::LinkOptions &options)
        : required_(options.encryption == ppp::Encryption::Required), link_(options, random_) {}

    void run(base::View input) {
        link_.open(now_);
        collect();
        base::Reader steps(input);
        while (steps.left() > 0 && !ended_)
            step(steps);
        finish();
    }

private:
    void step(base::Reader &steps) {
        const std::uint8_t op = steps.u8();
        if (op < 0x80)
            receive(steps.bytes(std::min<std::size_t>(op, steps.left())));
        else if (op < 0xc0)
            pass(250ms * (op & 0x3f));
        else if (op < 0xe0)
            answer(wire::PppProtocol::Lcp, lcp_request_, op);
        else if (op < 0xf0)
            answer(wire::PppProtocol::Ipcp, ipcp_request_, op);
        else if (op < 0xf4)
            link_.close(now_, "fuzz");
        else if (op < 0xf5)
            link_.traffic_seen(now_);
        else if (op < 0xf8)
            answer(wire::PppProtocol::Ccp, ccp_request_, op);
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

    // The peer is silent from here on: the keepalive and every other timer find that out.
    void finish() {
        pass(1h);
        check(ended_, "with a silent peer the link ends");
        link_.receive({}, now_);
        link_.expire(now_);
        link_.close(now_, "again");
        link_.lower_down(now_);
        check(link_.take_outputs().empty(), "nothing follows the end");
        check(!link_.deadline(), "nothing is due after the end");
    }

    void collect() {
        for (const ppp::Output &output : link_.take_outputs()) {
            ++outputs_;
            check(!ended_, "Ended is the last output");
            if (const auto *send = std::get_if<ppp::SendFrame>(&output))
                remember(send->frame);
            else if (const auto *phase = std::get_if<ppp::PhaseChanged>(&output))
                phase_ = phase->phase;
            else if (const auto *encryption = std::get_if<ppp::EncryptionUp>(&output))
                encryption_up(*encryption);
            else if (std::holds_alternative<ppp::EncryptionDown>(output)) {
                check(encrypted_, "encryption goes down once");
                encrypted_ = false;
            } else if (std::holds_alternative<ppp::EncryptionRefused>(output)) {
                check(!required_ && !must_encrypt_,
                      "what is required or was there is not given up");
            } else if (std::holds_alternative<ppp::Ipv4Up>(output)) {
                check(!up_ && phase_ == ppp::Phase::Network, "IPv4 comes up in the network phase");
                check(encrypted_ || (!required_ && !must_encrypt_), "and encrypted if it must be");
                up_ = true;
            } else if (std::holds_alternative<ppp::Ipv4Down>(output)) {
                check(up_, "IPv4 goes down once");
                up_ = false;
            } else if (const auto *end = std::get_if<ppp::Ended>(&output)) {
                check(!up_ && !encrypted_, "IPv4 and encryption are down at the end");
                check(!end->reason.text.empty() && end->reason.text.size() < 1000,
                      "the reason is a line");
                ended_ = true;
            }
        }
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
        if (frame->protocol != wire::PppProtocol::Lcp &&
            frame->protocol != wire::PppProtocol::Ccp && frame->protocol != wire::PppProtocol::Ipcp)
            return;
        const auto packet = wire::decode_cp(frame->information);
        check(packet && packet->data.size() + 4 == frame->information.size(),
              "what we send has the right length");
        if (packet->code != wire::CpCode::ConfigureRequest)
            return;
        check(wire::decode_options(packet->data).has_value(), "our options are well-formed");
        (frame->protocol == wire::PppProtocol::Lcp   ? lcp_request_
         : frame->protocol == wire::PppProtocol::Ccp ? ccp_request_
                                                     : ipcp_request_)
            .assign(frame->information.begin(), frame->information.end());
    }

    Counting random_;
    bool required_;
    ppp::Link link_;
    base::Time now_{};
    ppp::Phase phase_ = ppp::Phase::Dead;
    bool up_ = false;
    bool encrypted_ = false;
    bool must_encrypt_ = false;
    bool ended_ = false;
    std::size_t outputs_ = 0;
    base::Bytes lcp_request_;
    base::Bytes ccp_request_;
    base::Bytes ipcp_request_;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    // The first octet: what the link is configured to.
    if (size == 0)
        return 0;
    ppp::LinkOptions options;
    options.credentials = {"user", base::Secret(std::string_view("password"))};
    options.keepalive = 10s;
    options.request_dns = (data[0] & 1) != 0;
    if ((data[0] & 2) != 0)
        options.remote_address = {0x0a000001};
    if ((data[0] & 4) != 0)
        options.local_address = {0x0a000002};
    if ((data[0] & 8) != 0)
        options.allow = {};
    if ((data[0] & 16) != 0)
        options.mru = 1500;
    if ((data[0] & 32) != 0)
        options.encryption = ppp::Encryption::Auto;
    if ((data[0] & 64) != 0)
        options.encryption = ppp::Encryption::Required;
    if ((data[0] & 128) != 0) {
        options.mppe_stateful = true;
        options.mppe.add(ppp::MppeStrength::Bits56);
        options.mppe.add(ppp::MppeStrength::Bits40);
    }
    Runner(options).run({data + 1, size - 1});
    return 0;
}
