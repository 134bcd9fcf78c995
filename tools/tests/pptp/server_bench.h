// SPDX-License-Identifier: GPL-2.0-or-later
//
// A Server on virtual time with the test in the place of the client and of the owner. What the
// engine puts out is collected as text, one word an output: "Outgoing-Call-Reply" for octets,
// "peer-up", "asked 1", "link-info 1", "call-ended 1 call-cleared", "ended timeout".
#pragma once

#include <pptp/server.h>
#include <tests/fake/fake_random.h>
#include <wire/pptp.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rtun::pptp::server_test {

namespace wp = wire::pptp;
using namespace std::chrono_literals;

constexpr std::uint16_t peer_call = 0x0007;
constexpr std::uint16_t our_call = 0x1234;
constexpr std::uint32_t bps = 100000000;

// The states of the engine as a whole: the control connection's and the call's.
enum class Stage : std::uint8_t {
    Fresh,          // before start()
    Idle,           // SCCRQ awaited
    NoCall,         // control connection up
    WaitCsAns,      // OCRQ received, the owner asked
    Up,             // OCRP sent
    WaitStopReply,  // stop() was called
    Ended,
};
inline constexpr std::array running{Stage::Idle, Stage::NoCall, Stage::WaitCsAns, Stage::Up,
                                    Stage::WaitStopReply};

inline wp::StartControlConnectionRequest start_request() {
    wp::StartControlConnectionRequest m;
    m.firmware = 0x0102;
    m.host_name = "laptop";
    m.vendor = "cananian";
    return m;
}

inline wp::OutgoingCallRequest call_request(std::uint16_t id = peer_call) {
    wp::OutgoingCallRequest m;
    m.call_id = id;
    m.serial = 3;
    m.minimum_bps = 2400;
    m.maximum_bps = 10000000;
    m.window = 16;
    m.processing_delay = 1;
    m.phone_number = "555";
    m.sub_address = "12";
    return m;
}

class Bench {
public:
    explicit Bench(ServerOptions options = {}) : server(std::move(options), random) {}

    // Brings a new engine to where it is wanted and forgets what it put out on the way.
    void reach(Stage stage) {
        if (stage >= Stage::Idle)
            server.start(now);
        if (stage >= Stage::NoCall)
            feed(start_request());
        if (stage >= Stage::WaitCsAns)
            feed(call_request());
        if (stage >= Stage::Up)
            server.accept(CallId{peer_call}, CallId{our_call}, bps, now);
        if (stage >= Stage::WaitStopReply)
            server.stop(now, "enough");
        if (stage >= Stage::Ended)
            feed(wp::StopControlConnectionReply{});
        (void)log();
        sent.clear();
    }

    void feed(const wp::Message &message) { feed(wp::encode(message)); }
    void feed(const base::Bytes &octets) { server.receive(octets, now); }

    // Lets time pass and calls the engine whenever it asked for it.
    void pass(base::Duration duration) {
        const base::Time until = now + duration;
        while (const base::Deadline deadline = server.deadline()) {
            if (*deadline > until)
                break;
            now = std::max(now, *deadline);
            server.expire(now);
            const base::Deadline again = server.deadline();
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
        for (ServerOutput &output : server.take_outputs()) {
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
    Server server;
    std::vector<wp::Message> sent;
    std::optional<PeerUp> up;
    std::optional<CallRequested> asked;
    std::optional<LinkInfo> link_info;
    std::optional<CallEnded> call_ended;
    std::optional<EndReason> ended;

private:
    static std::string id(CallId call) { return std::to_string(static_cast<unsigned>(call)); }

    std::string word(const SendBytes &o) {
        base::Reader stream(o.bytes);
        const wp::Next next = wp::next(stream);
        const auto *message = std::get_if<wp::Message>(&next);
        if (message == nullptr || !stream.done() || wp::encode(*message) != o.bytes)
            return "garbage";
        sent.push_back(*message);
        return std::string(wp::name(wp::type_of(*message)));
    }
    std::string word(const PeerUp &o) {
        up = o;
        return "peer-up";
    }
    std::string word(const CallRequested &o) {
        asked = o;
        return "asked " + id(o.peer);
    }
    std::string word(const LinkInfo &o) {
        link_info = o;
        return "link-info " + id(o.peer);
    }
    std::string word(const CallEnded &o) {
        call_ended = o;
        return "call-ended " + id(o.peer) + " " + std::string(name(o.reason.kind));
    }
    std::string word(const Ended &o) {
        ended = o.reason;
        return "ended " + std::string(name(o.reason.kind));
    }
};

}  // namespace rtun::pptp::server_test
