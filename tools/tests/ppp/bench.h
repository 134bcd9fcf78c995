// SPDX-License-Identifier: GPL-2.0-or-later
//
// A Link on the bench: virtual time, everything it puts out kept, frames to it made by hand or
// answered by a fake peer.
#pragma once

#include <ppp/link.h>
#include <tests/fake/fake_ppp_peer.h>
#include <tests/fake/fake_random.h>
#include <wire/ppp.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <initializer_list>

namespace rtun::ppp {

using namespace std::chrono_literals;
using base::Bytes;
using wire::CpCode;
using wire::CpOption;
using wire::CpOptions;
using wire::PppProtocol;

// A control packet that the link sent.
struct Sent {
    PppProtocol protocol{};
    CpCode code{};
    std::uint8_t id = 0;
    Bytes data;

    [[nodiscard]] CpOptions options() const { return wire::decode_options(data).value(); }
};

inline CpOption mru(std::uint16_t value) { return wire::raw(wire::LcpMru{value}); }
inline CpOption magic(std::uint32_t value) { return wire::raw(wire::LcpMagic{value}); }
inline CpOption authentication(std::uint16_t protocol, Bytes data = {}) {
    return wire::raw(wire::LcpAuthentication{static_cast<PppProtocol>(protocol), std::move(data)});
}
inline CpOption mrru(std::uint16_t value) { return wire::raw(wire::LcpMrru{value}); }
inline CpOption short_sequence() { return wire::raw(wire::LcpShortSequence{}); }
inline CpOption discriminator(std::uint8_t in, Bytes address) {
    return wire::raw(wire::LcpDiscriminator{in, std::move(address)});
}
inline CpOption format(std::uint8_t code, std::uint8_t classes) {
    return wire::raw(wire::LcpMultilinkFormat{code, classes});
}
inline CpOption mppe(std::uint32_t bits) { return wire::raw(wire::CcpMppe{bits}); }
inline CpOption address(std::uint32_t value, std::uint8_t type = 3) {
    return wire::raw(wire::IpcpAddress{static_cast<wire::IpcpType>(type), base::Ipv4{value}});
}

inline CpOption interface_id(std::uint64_t id) { return wire::raw(wire::Ipv6cpInterfaceId{id}); }
inline CpOption method_option(auth::Method method) {
    const auth::MethodInfo &info = auth::info(method);
    return authentication(info.protocol, info.algorithm ? Bytes{*info.algorithm} : Bytes{});
}
inline auth::MethodSet only(std::initializer_list<auth::Method> methods) {
    auth::MethodSet set;
    for (const auth::Method method : methods)
        set.add(method);
    return set;
}

inline LinkOptions with_multilink(Multilink multilink = {}, LinkOptions options = {}) {
    options.multilink = std::move(multilink);
    return options;
}

class Bench {
public:
    explicit Bench(LinkOptions options = {}) : link(std::move(options), random) {}

    void open() {
        link.open(now);
        collect();
    }
    void close(std::string_view why) {
        link.close(now, why);
        collect();
    }
    void lower_down() {
        link.lower_down(now);
        collect();
    }
    void resume(const LinkState &state) {
        link.resume(state, now);
        collect();
    }
    void begin_bundle(const BundleStart &start) {
        link.begin_bundle(start, now);
        collect();
    }
    void verdict(const auth::Verdict &verdict) {
        link.verdict(verdict, now);
        collect();
    }
    void grant(const Grant &grant) {
        link.grant(grant, now);
        collect();
    }

    // A frame from the peer.
    void hear(const Bytes &frame) {
        link.receive(frame, now);
        collect();
    }
    void hear(PppProtocol protocol, const Bytes &information) {
        hear(wire::encode(wire::PppFrame{protocol, information}));
    }
    void hear(PppProtocol protocol, CpCode code, std::uint8_t id, const Bytes &data) {
        hear(protocol, wire::encode(wire::CpPacket{code, id, data}));
    }
    void lcp(CpCode code, std::uint8_t id, const CpOptions &options = {}) {
        hear(PppProtocol::Lcp, code, id, wire::encode(options));
    }
    void ccp(CpCode code, std::uint8_t id, const CpOptions &options = {}) {
        hear(PppProtocol::Ccp, code, id, wire::encode(options));
    }
    void ipcp(CpCode code, std::uint8_t id, const CpOptions &options = {}) {
        hear(PppProtocol::Ipcp, code, id, wire::encode(options));
    }
    void ipv6cp(CpCode code, std::uint8_t id, const CpOptions &options = {}) {
        hear(PppProtocol::Ipv6cp, code, id, wire::encode(options));
    }
    void terminate(std::string_view text) {
        const base::View view = base::as_bytes(text);
        hear(PppProtocol::Lcp, CpCode::TerminateRequest, 77, Bytes(view.begin(), view.end()));
    }
    // Acknowledges the last Configure-Request of this protocol.
    void acknowledge(PppProtocol protocol) {
        const Sent request = last(protocol, CpCode::ConfigureRequest);
        hear(protocol, CpCode::ConfigureAck, request.id, request.data);
    }

    // LCP open, nobody authenticated: in the network phase.
    void open_lcp(const CpOptions &peers = {}) {
        open();
        lcp(CpCode::ConfigureRequest, 1, peers);
        acknowledge(PppProtocol::Lcp);
        ASSERT_NE(link.phase(), Phase::Establish);
    }
    // And IPv4 runs.
    void open_all() {
        open_lcp();
        ipcp(CpCode::ConfigureRequest, 1, {address(0x0a000001)});
        ipcp(CpCode::ConfigureNak, last(PppProtocol::Ipcp, CpCode::ConfigureRequest).id,
             {address(0x0a000002)});
        acknowledge(PppProtocol::Ipcp);
        ASSERT_EQ(count<Ipv4Up>(), 1U);
    }

    // Authenticated by the peer, which has no further part in it: CCP is about to begin.
    void open_network(fake::FakePppPeer &peer) {
        open();
        while (!wire_.empty() && link.phase() != Phase::Network) {
            const Bytes frame = wire_.front();
            wire_.pop_front();
            for (const Bytes &answer : peer.receive(frame))
                if (link.phase() != Phase::Network)
                    hear(answer);
        }
        wire_.clear();
        ASSERT_EQ(link.phase(), Phase::Network);
    }

    // Hands everything to the peer and its answers to the link, until both are silent.
    void talk(fake::FakePppPeer &peer) {
        for (int i = 0; i < 1000 && !wire_.empty(); ++i) {
            const Bytes frame = wire_.front();
            wire_.pop_front();
            for (const Bytes &answer : peer.receive(frame))
                hear(answer);
        }
        ASSERT_TRUE(wire_.empty()) << "they do not stop talking";
    }

    // Lets time pass, calling expire() at every deadline on the way; with a peer that answers.
    void pass(base::Duration duration, fake::FakePppPeer *peer = nullptr) {
        const base::Time until = now + duration;
        for (int steps = 0; link.deadline() && *link.deadline() <= until; ++steps) {
            ASSERT_LT(steps, 10000) << "the deadlines do not get later";
            now = std::max(now, *link.deadline());
            link.expire(now);
            collect();
            if (peer)
                talk(*peer);
        }
        now = until;
    }

    template <typename T>
    [[nodiscard]] std::size_t count() const {
        return static_cast<std::size_t>(
            std::count_if(outputs.begin(), outputs.end(),
                          [](const Output &o) { return std::holds_alternative<T>(o); }));
    }
    // The last output of a kind.
    template <typename T>
    [[nodiscard]] T get() const {
        for (auto it = outputs.rbegin(); it != outputs.rend(); ++it)
            if (const T *found = std::get_if<T>(&*it))
                return *found;
        ADD_FAILURE() << "no such output";
        return {};
    }
    [[nodiscard]] std::size_t count(PppProtocol protocol, CpCode code) const {
        return static_cast<std::size_t>(std::count_if(sent.begin(), sent.end(), [&](const Sent &s) {
            return s.protocol == protocol && s.code == code;
        }));
    }
    [[nodiscard]] Sent last(PppProtocol protocol, CpCode code) const {
        for (auto it = sent.rbegin(); it != sent.rend(); ++it)
            if (it->protocol == protocol && it->code == code)
                return *it;
        ADD_FAILURE() << "no packet with code " << static_cast<int>(code);
        return {};
    }
    // Every phase that was announced, by name.
    [[nodiscard]] std::string phases() const {
        std::string text;
        for (const Output &output : outputs)
            if (const auto *changed = std::get_if<PhaseChanged>(&output))
                text += (text.empty() ? "" : " ") + std::string(name(changed->phase));
        return text;
    }
    [[nodiscard]] EndReason reason() const { return get<Ended>().reason; }
    [[nodiscard]] bool ended() const { return count<Ended>() > 0; }

    fake::FakeRandom random;
    Link link;
    base::Time now{};
    std::vector<Output> outputs;
    std::vector<Sent> sent;

private:
    void collect() {
        for (Output &output : link.take_outputs()) {
            EXPECT_FALSE(ended()) << "an output after Ended";
            if (const auto *send = std::get_if<SendFrame>(&output)) {
                wire_.push_back(send->frame);
                const auto frame = wire::decode_ppp(send->frame);
                const auto packet = wire::decode_cp(frame->information);
                if (packet)
                    sent.push_back({frame->protocol, packet->code, packet->id,
                                    Bytes(packet->data.begin(), packet->data.end())});
            }
            outputs.push_back(std::move(output));
        }
        if (ended()) {
            EXPECT_EQ(link.deadline(), std::nullopt);
        }
    }

    std::deque<Bytes> wire_;
};

inline LinkOptions with_password(std::string_view password, auth::MethodSet allow) {
    LinkOptions options;
    options.credentials = {"jack", base::Secret(password)};
    options.allow = allow;
    return options;
}

}  // namespace rtun::ppp
