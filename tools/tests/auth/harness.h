// SPDX-License-Identifier: GPL-2.0-or-later
//
// An authenticator's hand: feeds packets to an engine at times of its own and takes what comes out.
#pragma once

#include <auth/peer.h>
#include <tests/fake/fake_random.h>
#include <tests/fake/hex.h>
#include <wire/auth.h>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <variant>

namespace rtun::auth {

using namespace std::chrono_literals;

class PeerTest : public testing::Test {
protected:
    static constexpr std::uint16_t pap = 0xc023;
    static constexpr std::uint16_t chap = 0xc223;

    void create(Method method, const std::string &user, std::string_view password,
                PeerOptions options = {}) {
        peer_ = Peer::create(method, {user, base::Secret(password)}, options, random_);
    }
    void start() { peer_->start(now_); }
    // start() with whatever it sends thrown away.
    void start_quietly() {
        start();
        static_cast<void>(peer_->take_outputs());
    }
    void receive(const wire::PapPacket &packet) { peer_->receive(pap, wire::encode(packet), now_); }
    void receive(const wire::ChapPacket &packet) {
        peer_->receive(chap, wire::encode(packet), now_);
    }
    void raw(std::uint16_t protocol, std::string_view digits) {
        peer_->receive(protocol, fake::hex(digits), now_);
    }
    // Lets time pass, as the loop would: expire() at each deadline on the way.
    void wait(base::Duration duration) {
        const base::Time until = now_ + duration;
        for (int i = 0; i < 1000 && peer_->deadline() && *peer_->deadline() <= until; i++) {
            now_ = *peer_->deadline();
            peer_->expire(now_);
        }
        now_ = until;
    }

    // The one output there is, which has to be a T.
    template <typename T>
    T only() {
        auto outputs = peer_->take_outputs();
        if (outputs.size() != 1 || !std::holds_alternative<T>(outputs[0])) {
            ADD_FAILURE() << outputs.size() << " outputs, or one of another kind";
            return {};
        }
        return std::get<T>(outputs[0]);
    }
    [[nodiscard]] bool silent() { return peer_->take_outputs().empty(); }

    wire::ChapResponse response() {
        const auto send = only<Send>();
        EXPECT_EQ(send.protocol, chap);
        auto packet = wire::decode_chap(send.payload);
        if (!packet || !std::holds_alternative<wire::ChapResponse>(*packet)) {
            ADD_FAILURE() << "no response: " << base::to_hex(send.payload);
            return {};
        }
        return std::get<wire::ChapResponse>(*packet);
    }

    fake::FakeRandom random_;
    std::unique_ptr<Peer> peer_;
    base::Time now_ = base::Time{} + 1h;
};

}  // namespace rtun::auth
