// SPDX-License-Identifier: GPL-2.0-or-later
//
// A Control on virtual time with the test in the place of the server. What the engine puts out is
// collected as text, one word an output: "Outgoing-Call-Request" for octets, "control-up",
// "call-up", "ended timeout".
#pragma once

#include <pptp/control.h>
#include <tests/fake/fake_random.h>
#include <wire/pptp.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rtun::pptp {

namespace wp = wire::pptp;
using namespace std::chrono_literals;

constexpr std::uint16_t our_call = 0x1234;
constexpr std::uint16_t peer_call = 0xabcd;

// The states of the engine as a whole: the control connection's and the call's.
enum class Stage : std::uint8_t {
    Fresh,           // before start()
    WaitCtlReply,    // SCCRQ sent
    WaitReply,       // control connection up, OCRQ sent
    Up,              // the call too
    WaitDisconnect,  // stop() was called, Call-Clear-Request sent
    WaitStopReply,   // stop() was called, CDN received, StopCC-Request sent
    Ended,
};

inline wp::StartControlConnectionReply start_reply() {
    wp::StartControlConnectionReply m;
    m.firmware = 0x0102;
    m.max_channels = 5;
    m.host_name = "local";
    m.vendor = "linux";
    return m;
}

inline wp::OutgoingCallReply call_reply() {
    wp::OutgoingCallReply m;
    m.call_id = peer_call;
    m.peer_call_id = our_call;
    m.connect_speed = 10000000;
    m.window = 3;
    m.processing_delay = 7;
    return m;
}

inline wp::CallDisconnectNotify disconnect(std::uint8_t result = 4, std::uint16_t id = peer_call) {
    wp::CallDisconnectNotify m;
    m.call_id = id;
    m.result = result;
    return m;
}

class Bench {
public:
    explicit Bench(ControlOptions options = {})
        : control(std::move(options), CallId{our_call}, random) {}

    // Brings a new engine to where it is wanted and forgets what it put out on the way.
    void reach(Stage stage) {
        if (stage >= Stage::WaitCtlReply)
            control.start(now);
        if (stage >= Stage::WaitReply)
            feed(start_reply());
        if (stage >= Stage::Up)
            feed(call_reply());
        if (stage >= Stage::WaitDisconnect)
            control.stop(now, "enough");
        if (stage >= Stage::WaitStopReply)
            feed(disconnect());
        if (stage >= Stage::Ended)
            feed(wp::StopControlConnectionReply{});
        (void)log();
        sent.clear();
    }

    void feed(const wp::Message &message) { feed(wp::encode(message)); }
    void feed(const base::Bytes &octets) { control.receive(octets, now); }

    // Lets time pass and calls the engine whenever it asked for it.
    void pass(base::Duration duration) {
        const base::Time until = now + duration;
        while (const base::Deadline deadline = control.deadline()) {
            if (*deadline > until)
                break;
            now = std::max(now, *deadline);
            control.expire(now);
            const base::Deadline again = control.deadline();
            if (again && *again <= now) {
                ADD_FAILURE() << "the engine wants to be called again at once";
                return;
            }
        }
        now = until;
    }

    // What has been put out since the last time, and a check that Ended is the last ever.
    std::string log() {
        std::string text;
        for (Output &output : control.take_outputs()) {
            EXPECT_FALSE(ended) << "an output after Ended";
            if (!text.empty())
                text += ", ";
            text += std::visit([this](auto &o) { return word(o); }, output);
        }
        return text;
    }

    // The last message of this kind that was sent.
    template <typename Wanted>
    Wanted last_sent() const {
        for (auto it = sent.rbegin(); it != sent.rend(); ++it)
            if (const auto *message = std::get_if<Wanted>(&*it))
                return *message;
        ADD_FAILURE() << "no such message was sent";
        return {};
    }

    fake::FakeRandom random;
    base::Time now{1000s};
    Control control;
    std::vector<wp::Message> sent;
    std::optional<ControlUp> up;
    std::optional<CallUp> call;
    std::optional<EndReason> ended;

private:
    std::string word(const SendBytes &o) {
        base::Reader stream(o.bytes);
        const wp::Next next = wp::next(stream);
        const auto *message = std::get_if<wp::Message>(&next);
        if (message == nullptr || !stream.done())
            return "garbage";
        sent.push_back(*message);
        return std::string(wp::name(wp::type_of(*message)));
    }
    std::string word(const ControlUp &o) {
        up = o;
        return "control-up";
    }
    std::string word(const CallUp &o) {
        call = o;
        return "call-up";
    }
    std::string word(const Ended &o) {
        ended = o.reason;
        return "ended " + std::string(name(o.reason.kind));
    }
};

}  // namespace rtun::pptp
