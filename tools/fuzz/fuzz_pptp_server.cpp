// SPDX-License-Identifier: GPL-2.0-or-later
//
// The server's PPTP control engine against a client that sends any octets at any time, while the
// owner of the engine does what he may. The input is a list of steps, an octet each that says what
// and how much, followed by its octets. Two engines run side by side, one of which gets the stream
// octet by octet: both have to do the same. Now and then both are replaced by another program's.
#include <base/bytes.h>
#include <base/random.h>
#include <fuzz/target.h>
#include <pptp/control_state.h>
#include <pptp/server.h>
#include <wire/pptp.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

using namespace rtun;
using fuzz::check;
namespace wp = wire::pptp;

namespace {

constexpr std::uint16_t max_calls = 3;

// A random number generator without any randomness: runs can be repeated.
class Zeros final : public base::Random {
public:
    void fill(std::span<std::uint8_t> out) override {
        std::fill(out.begin(), out.end(), std::uint8_t{0});
    }
};

pptp::ServerOptions options() {
    pptp::ServerOptions o;
    o.max_calls = max_calls;
    return o;
}

struct Side {
    Zeros random;
    pptp::Server server{options(), random};
    bool ended = false;
    std::set<pptp::CallId> asked;
    std::set<pptp::CallId> taken;
    std::size_t out = 0;
    std::string told;  // everything put out

    void drain() {
        for (const pptp::ServerOutput &output : server.take_outputs()) {
            check(!ended, "Ended is the last output");
            std::visit([this](const auto &o) { take(o); }, output);
        }
        check(!ended || !server.deadline(), "nothing is due after the end");
        check(asked.size() + taken.size() <= max_calls, "calls are bounded");
    }

private:
    static std::string id(pptp::CallId call) { return std::to_string(static_cast<int>(call)); }

    void take(const pptp::SendBytes &o) {
        base::Reader stream(o.bytes);
        const wp::Next next = wp::next(stream);
        const auto *message = std::get_if<wp::Message>(&next);
        check(message != nullptr && stream.done(), "what is sent is one whole message");
        check(wp::encode(*message) == o.bytes, "with zeros in its reserved fields");
        out += o.bytes.size();
        told += base::to_hex(o.bytes) + "\n";
    }
    void take(const pptp::PeerUp &o) {
        for (const char c : o.host_name + o.vendor)
            check(c >= 0x20 && c <= 0x7e, "the client's name is printable");
        told += "up " + o.host_name + " " + o.vendor + "\n";
    }
    void take(const pptp::CallRequested &o) {
        check(!taken.contains(o.peer) && asked.insert(o.peer).second,
              "calls have ids of their own");
        for (const char c : o.phone_number + o.sub_address)
            check(c >= 0x20 && c <= 0x7e, "numbers are printable");
        told += "asked " + id(o.peer) + "\n";
    }
    void take(const pptp::LinkInfo &o) {
        check(taken.contains(o.peer), "link information is about a call");
        told += "info " + id(o.peer) + "\n";
    }
    void take(const pptp::CallEnded &o) {
        check(asked.erase(o.peer) + taken.erase(o.peer) == 1, "a call ends once");
        check(!o.reason.text.empty(), "the end of a call has a reason");
        told += "over " + id(o.peer) + " " + o.reason.text + "\n";
    }
    void take(const pptp::Ended &o) {
        ended = true;
        check(asked.empty() && taken.empty(), "calls end before their connection");
        check(!o.reason.text.empty(), "an end has a reason");
        told += "ended " + o.reason.text + "\n";
    }
};

class Run {
public:
    Run() {
        both([this](Side &side) { side.server.start(now_); });
    }

    void step(base::Reader &in) {
        const std::uint8_t what = in.u8();
        const std::size_t amount = what >> 3;
        switch (what & 7) {
        case 0:
            return receive(in.bytes(std::min(in.left(), amount * 8 + 1)));
        case 1:  // a message with a good header, so that the fuzzer need not find the magic number
        case 2:
            return message(static_cast<std::uint8_t>(amount % 16), in);
        case 3:
            return pass(std::chrono::seconds(amount * amount));
        case 4:
            return due();
        case 5:
            return answer(amount);
        case 6:
            return wish(amount);
        case 7:
            return replace();
        default:
            return;
        }
    }

    // Stopped and left alone by the client, both have to end in time.
    void finish() {
        stop();
        const base::Time latest = std::max(now_, *stopped_ + pptp::ServerOptions{}.stop_timeout);
        for (int i = 0; i < 3 && !whole_.ended; ++i)
            due();
        check(whole_.ended && octets_.ended, "the engine ends");
        check(now_ <= latest, "and in time");
        // A Call-Clear-Request is answered with most for its size, but once for a call.
        check(whole_.out <= 16 * (in_ + 1024), "what is put out is bounded by what came in");
    }

private:
    template <typename Do>
    void both(Do what) {
        what(whole_);
        what(octets_);
        compare();
    }
    void compare() {
        whole_.drain();
        octets_.drain();
        check(whole_.told == octets_.told, "how the stream is cut does not matter");
        check(whole_.server.deadline() == octets_.server.deadline(), "nor for the deadline");
    }
    void receive(base::View octets) {
        in_ += octets.size();
        whole_.server.receive(octets, now_);
        for (std::size_t i = 0; i < octets.size(); ++i)
            octets_.server.receive(octets.subspan(i, 1), now_);
        compare();
    }
    void message(std::uint8_t type, base::Reader &in) {
        const std::size_t length =
            type < 15 ? wp::length_of(static_cast<wp::MessageType>(type + 1)) : 100;
        base::Writer out;
        out.be16(static_cast<std::uint16_t>(length)).be16(1).be32(wp::magic_cookie);
        out.be16(static_cast<std::uint16_t>(type + 1)).be16(0);
        const base::View body = in.bytes(std::min(in.left(), length - out.position()));
        out.bytes(body).zeros(length - out.position());
        receive(out.view());
    }
    void pass(base::Duration duration) {
        now_ += duration;
        both([this](Side &side) { side.server.expire(now_); });
    }
    void due() {
        const base::Deadline deadline = whole_.server.deadline();
        if (!deadline)
            return;
        now_ = std::max(now_, *deadline);
        both([this](Side &side) { side.server.expire(now_); });
        const base::Deadline again = whole_.server.deadline();
        check(!again || *again > now_, "what was due is done");
    }
    // The owner answers the first call that he was asked about.
    void answer(std::size_t amount) {
        if (whole_.asked.empty())
            return;
        const pptp::CallId call = *whole_.asked.begin();
        if (amount % 4 == 0) {
            both([&](Side &side) {
                side.asked.erase(call);
                side.server.refuse(call, pptp::Server::Refusal::NotAllowed, now_);
            });
            return;
        }
        const pptp::CallId local{++local_};
        both([&](Side &side) {
            side.asked.erase(call);
            side.taken.insert(call);
            side.server.accept(call, local, 1, now_);
        });
    }
    void wish(std::size_t amount) {
        if (amount == 31)
            both([this](Side &side) { side.server.connection_lost(now_, "lost"); });
        else if (amount == 30)
            stop();
        else
            both([&](Side &side) { side.server.clear(pptp::CallId(amount % 4), "cleared", now_); });
    }
    void replace() {
        const auto state = whole_.server.state();
        if (!state || !whole_.asked.empty())
            return;
        const auto text = pptp::encode(*state);
        check(text.has_value() && text->size() < 2048, "a state fits into its bounds");
        const auto back = pptp::decode_server_state(*text);
        check(back.has_value() && pptp::encode(*back) == text, "and survives a round trip");
        for (Side *side : {&whole_, &octets_}) {
            side->server = pptp::Server(options(), side->random);
            side->server.resume(*back, now_);
            check(side->server.take_outputs().empty(), "nobody notices");
        }
        compare();
    }
    void stop() {
        if (!stopped_)
            stopped_ = now_;
        both([this](Side &side) { side.server.stop(now_, "stop"); });
    }

    base::Time now_{std::chrono::seconds(1)};
    std::optional<base::Time> stopped_;
    std::size_t in_ = 0;
    std::uint16_t local_ = 0;
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
