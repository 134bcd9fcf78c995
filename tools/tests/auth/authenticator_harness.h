// SPDX-License-Identifier: GPL-2.0-or-later
//
// A peer's hand: feeds packets to an engine that demands authentication and takes what comes out;
// and a real peer beside it, for who wants to answer rightly.
#pragma once

#include <auth/authenticator.h>
#include <crypto/digest.h>
#include <crypto/mschap.h>
#include <tests/fake/fake_random.h>
#include <tests/fake/hex.h>
#include <wire/auth.h>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <variant>

namespace rtun::auth {

using namespace std::chrono_literals;

class AuthenticatorTest : public testing::Test {
protected:
    static constexpr std::uint16_t pap = 0xc023;
    static constexpr std::uint16_t chap = 0xc223;

    void create(Method method, AuthenticatorOptions options = {}) {
        method_ = method;
        engine_ = Authenticator::create(method, std::move(options), random_);
    }
    void start() { engine_->start(now_); }
    void receive(const wire::PapPacket &packet) {
        engine_->receive(pap, wire::encode(packet), now_);
    }
    void receive(const wire::ChapPacket &packet) {
        engine_->receive(chap, wire::encode(packet), now_);
    }
    void accept(std::string message = "") {
        engine_->verdict(Accepted{std::move(message), std::nullopt}, now_);
    }
    void refuse(int code = 691, bool retry = true, std::string text = "wrong password") {
        engine_->verdict(Refused{code, retry, std::move(text)}, now_);
    }
    // Lets time pass, as the loop would: expire() at each deadline on the way.
    void wait(base::Duration duration) {
        const base::Time until = now_ + duration;
        for (int i = 0; i < 1000 && engine_->deadline() && *engine_->deadline() <= until; i++) {
            now_ = *engine_->deadline();
            engine_->expire(now_);
        }
        now_ = until;
    }

    // The next output, which has to be a T.
    template <typename T>
    T next() {
        for (AuthenticatorOutput &output : engine_->take_outputs())
            outputs_.push_back(std::move(output));
        if (outputs_.empty() || !std::holds_alternative<T>(outputs_.front())) {
            ADD_FAILURE() << "nothing, or something else";
            return {};
        }
        T output = std::get<T>(std::move(outputs_.front()));
        outputs_.erase(outputs_.begin());
        return output;
    }
    [[nodiscard]] bool silent() { return outputs_.empty() && engine_->take_outputs().empty(); }

    template <typename T>
    T sent() {
        const Send send = next<Send>();
        if constexpr (std::is_same_v<T, wire::PapAck> || std::is_same_v<T, wire::PapNak>) {
            EXPECT_EQ(send.protocol, pap);
            return packet<T>(wire::decode_pap(send.payload));
        } else {
            EXPECT_EQ(send.protocol, chap);
            return packet<T>(wire::decode_chap(send.payload));
        }
    }

    // The right answer to a challenge.
    [[nodiscard]] wire::ChapResponse answer(const wire::ChapChallenge &challenge,
                                            const std::string &user,
                                            std::string_view password) const {
        const base::Secret secret(password);
        wire::ChapResponse response{challenge.id, {}, user};
        if (method_ == Method::Chap) {
            const auto digest =
                crypto::md5({base::View(&challenge.id, 1), secret.reveal(), challenge.value});
            response.value.assign(digest.octets.begin(), digest.octets.end());
        } else if (method_ == Method::MsChap1) {
            wire::MsChap1Response value;
            value.nt = crypto::challenge_response(base::View(challenge.value).first<8>(),
                                                  crypto::nt_password_hash(secret));
            response.value = wire::encode(value);
        } else {
            wire::MsChap2Response value;
            value.peer_challenge.fill(7);
            value.nt = crypto::generate_nt_response(base::View(challenge.value).first<16>(),
                                                    value.peer_challenge,
                                                    crypto::without_domain(user), secret);
            response.value = wire::encode(value);
        }
        return response;
    }

    fake::FakeRandom random_;
    Method method_{};
    std::unique_ptr<Authenticator> engine_;
    base::Time now_ = base::Time{} + 1h;

private:
    template <typename T, typename P>
    static T packet(const P &decoded) {
        if (!decoded || !std::holds_alternative<T>(*decoded)) {
            ADD_FAILURE() << "not the packet that was expected";
            return {};
        }
        return std::get<T>(*decoded);
    }

    std::vector<AuthenticatorOutput> outputs_;
};

}  // namespace rtun::auth
