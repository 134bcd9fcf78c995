// SPDX-License-Identifier: GPL-2.0-or-later
//
// The PPTP control engine against a server that sends any octets at any time, while the owner of
// the engine does what it may. The input is a list of steps, an octet each that says what and how
// much, followed by its octets. Two engines run side by side, one of which gets the stream octet by
// octet: both have to do the same.
#include <base/bytes.h>
#include <base/random.h>
#include <fuzz/target.h>
#include <pptp/control.h>
#include <wire/pptp.h>

#include <algorithm>
#include <optional>
#include <string>
#include <variant>
#include <vector>

using namespace rtun;
using fuzz::check;
namespace wp = wire::pptp;

namespace {

constexpr std::uint16_t our_call = 0x1234;

// A random number generator without any randomness: runs can be repeated.
class Zeros final : public base::Random {
public:
    void fill(std::span<std::uint8_t> out) override {
        std::fill(out.begin(), out.end(), std::uint8_t{0});
    }
};

struct Side {
    Zeros random;
    pptp::Control control{{}, pptp::CallId{our_call}, random};
    bool ended = false;
    bool call_up = false;
    std::string told;  // everything put out

    void drain() {
        for (const pptp::Output &output : control.take_outputs()) {
            check(!ended, "Ended is the last output");
            std::visit([this](const auto &o) { take(o); }, output);
        }
        check(!ended || !control.deadline(), "nothing is due after the end");
    }

private:
    void take(const pptp::SendBytes &o) {
        base::Reader stream(o.bytes);
        const wp::Next next = wp::next(stream);
        const auto *message = std::get_if<wp::Message>(&next);
        check(message != nullptr && stream.done(), "what is sent is one whole message");
        check(wp::encode(*message) == o.bytes, "with zeros in its reserved fields");
        told += base::to_hex(o.bytes) + "\n";
    }
    void take(const pptp::ControlUp &o) {
        for (const char c : o.host_name + o.vendor)
            check(c >= 0x20 && c <= 0x7e, "the server's name is printable");
        told += "up " + o.host_name + " " + o.vendor + "\n";
    }
    void take(const pptp::CallUp &o) {
        check(!call_up, "a call comes up once");
        call_up = true;
        told += "call " + std::to_string(static_cast<int>(o.peer)) + "\n";
    }
    void take(const pptp::Ended &o) {
        ended = true;
        check(!o.reason.text.empty(), "an end has a reason");
        told += "ended " + o.reason.text + "\n";
    }
};

class Run {
public:
    Run() {
        both([this](pptp::Control &control) { control.start(now_); });
    }

    void step(base::Reader &in) {
        const std::uint8_t what = in.u8();
        const std::size_t amount = what >> 3;
        switch (what & 7) {
        case 0:
        case 1:
            return receive(in.bytes(std::min(in.left(), amount * 8 + 1)));
        case 2:  // a message with a good header, so that the fuzzer need not find the magic number
            return message(static_cast<std::uint8_t>(amount % 15), in);
        case 3:
            return pass(std::chrono::seconds(amount * amount));
        case 4:
            return due();
        case 5:
            return stop();
        case 6:
            return both([&](pptp::Control &control) { control.set_link_info(1, 2); });
        case 7:
            if (amount == 31)
                both([this](pptp::Control &control) { control.connection_lost(now_, "lost"); });
            return;
        default:
            return;
        }
    }

    // Stopped and left alone by the server, both have to end in time.
    void finish() {
        stop();
        const base::Time latest = std::max(now_, *stopped_ + pptp::ControlOptions{}.stop_timeout);
        for (int i = 0; i < 3 && !whole_.ended; ++i)
            due();
        check(whole_.ended && octets_.ended, "the engine ends");
        check(now_ <= latest, "and in time");
    }

private:
    template <typename Do>
    void both(Do what) {
        what(whole_.control);
        what(octets_.control);
        compare();
    }
    void compare() {
        whole_.drain();
        octets_.drain();
        check(whole_.told == octets_.told, "how the stream is cut does not matter");
        check(whole_.control.deadline() == octets_.control.deadline(), "nor for the deadline");
    }
    void receive(base::View octets) {
        whole_.control.receive(octets, now_);
        for (std::size_t i = 0; i < octets.size(); ++i)
            octets_.control.receive(octets.subspan(i, 1), now_);
        compare();
    }
    void message(std::uint8_t type, base::Reader &in) {
        const std::size_t length = wp::length_of(static_cast<wp::MessageType>(type + 1));
        base::Writer out;
        out.be16(static_cast<std::uint16_t>(length)).be16(1).be32(wp::magic_cookie);
        out.be16(static_cast<std::uint16_t>(type + 1)).be16(0);
        const base::View body = in.bytes(std::min(in.left(), length - out.position()));
        out.bytes(body).zeros(length - out.position());
        receive(out.view());
    }
    void pass(base::Duration duration) {
        now_ += duration;
        both([this](pptp::Control &control) { control.expire(now_); });
    }
    void due() {
        const base::Deadline deadline = whole_.control.deadline();
        if (!deadline)
            return;
        now_ = std::max(now_, *deadline);
        both([this](pptp::Control &control) { control.expire(now_); });
        const base::Deadline again = whole_.control.deadline();
        check(!again || *again > now_, "what was due is done");
    }
    void stop() {
        if (!stopped_)
            stopped_ = now_;
        both([this](pptp::Control &control) { control.stop(now_, "stop"); });
    }

    base::Time now_{std::chrono::seconds(1)};
    std::optional<base::Time> stopped_;
    Side whole_;
    Side octets_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    base::Reader in(base::View(data, size));
    Run run;
    while (in.left() > 0)
        run.step(in);
    run.finish();
    return 0;
}
