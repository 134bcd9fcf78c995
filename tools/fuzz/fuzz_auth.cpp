// SPDX-License-Identifier: GPL-2.0-or-later
//
// The decoders of PAP, CHAP and MS-CHAP, and the engines behind them, which read these packets
// before anybody has proven who he is, on either side. What a decoder accepts, it has to give back
// octet for octet up to the packet's length field.
#include <auth/authenticator.h>
#include <auth/peer.h>
#include <crypto/mschap.h>
#include <fuzz/target.h>
#include <wire/auth.h>

#include <algorithm>
#include <array>

using namespace rtun;
using fuzz::check;

namespace {

// A random number generator without any randomness: runs can be repeated.
class Zeros final : public base::Random {
public:
    void fill(std::span<std::uint8_t> out) override {
        std::fill(out.begin(), out.end(), std::uint8_t{0});
    }
};

bool begins_with(base::View packet, const base::Bytes &encoded) {
    return encoded.size() <= packet.size() &&
           std::equal(encoded.begin(), encoded.end(), packet.begin());
}

void codecs(base::View input) {
    if (const auto packet = wire::decode_pap(input))
        check(begins_with(input, wire::encode(*packet)), "PAP packets survive a round trip");
    if (const auto packet = wire::decode_chap(input))
        check(begins_with(input, wire::encode(*packet)), "CHAP packets survive a round trip");
    if (const auto value = wire::decode_ms_chap1_response(input))
        check(std::ranges::equal(wire::encode(*value), input), "so do MS-CHAPv1 responses");
    if (const auto value = wire::decode_ms_chap2_response(input))
        check(std::ranges::equal(wire::encode(*value), input), "so do MS-CHAPv2 responses");

    base::Bytes frame(2 + input.size());
    frame[0] = 0xc0;
    frame[1] = 0x23;
    std::copy(input.begin(), input.end(), frame.begin() + 2);
    wire::hide_pap_password(frame);
    check(frame.size() == input.size() + 2, "a frame keeps its length");
    if (const auto packet = wire::decode_pap(base::View(frame).subspan(2))) {
        const auto *request = std::get_if<wire::PapRequest>(&*packet);
        check(request == nullptr || std::ranges::all_of(request->password.reveal(),
                                                        [](auto octet) { return octet == '*'; }),
              "and no password");
    }

    const std::string text(input.begin(), input.end());
    const auto failure = wire::parse_ms_chap_failure(text);
    check(failure.message.size() <= text.size() && failure.challenge.size() <= 16,
          "a failure says no more than was received");
    const auto success = wire::parse_ms_chap_success(text);
    check(success.message.size() <= text.size(), "nor does a success");
}

const base::Secret password(std::string_view("password"));
constexpr std::array<std::uint8_t, 16> their_challenge{7};
constexpr std::array<std::uint8_t, 16> our_challenge{};  // what Zeros draws

// Whether the input holds the one proof that MS-CHAPv2 may accept below.
bool holds_proof(base::View input) {
    static const crypto::Octets<20> proof = crypto::generate_authenticator_response(
        password, crypto::generate_nt_response(their_challenge, our_challenge, "user", password),
        our_challenge, their_challenge, "user");
    const auto packet = wire::decode_chap(input);
    const auto *success = packet ? std::get_if<wire::ChapSuccess>(&*packet) : nullptr;
    return success != nullptr &&
           wire::parse_ms_chap_success(success->message).authenticator_response == proof.octets;
}

// Each engine in turn gets a challenge it can answer, then the input under both protocols.
void engines(base::View input) {
    Zeros random;
    for (const auth::MethodInfo &method : auth::methods()) {
        const auto peer = auth::Peer::create(method.method, {"DOMAIN\\user", password}, {}, random);
        const base::Time now{};
        peer->start(now);
        const std::size_t size = method.method == auth::Method::MsChap1 ? 8 : 16;
        const base::View challenge = base::View(their_challenge).first(size);
        peer->receive(
            0xc223, wire::encode(wire::ChapChallenge{1, {challenge.begin(), challenge.end()}, ""}),
            now);
        peer->receive(0xc023, input, now);
        peer->receive(0xc223, input, now);
        for (const auth::Output &output : peer->take_outputs()) {
            if (const auto *failed = std::get_if<auth::Failed>(&output))
                check(failed->text.size() < 300, "what is shown of a failure is bounded");
            if (const auto *succeeded = std::get_if<auth::Succeeded>(&output)) {
                check(succeeded->message.size() <= 200, "what is shown of a success is bounded");
                check(method.method != auth::Method::MsChap2 || holds_proof(input),
                      "MS-CHAPv2 succeeds with the right proof only");
            }
        }
        check(!peer->deadline() || *peer->deadline() > now, "no deadline lies in the past");
    }
}

// The engines that demand: each has sent its challenge (all zeros) and gets the input twice.
// Whoever is accepted said what only one with the password can say.
void authenticators(base::View input) {
    Zeros random;
    for (const auth::MethodInfo &method : auth::methods()) {
        const auto engine = auth::Authenticator::create(method.method, {}, random);
        base::Time now{};
        engine->start(now);
        engine->receive(0xc023, input, now);
        engine->receive(0xc223, input, now);
        bool accepted = false;
        for (const auth::AuthenticatorOutput &output : engine->take_outputs())
            if (const auto *verify = std::get_if<auth::Verify>(&output)) {
                check(verify->claim.user.size() <= 255, "what is asked about is bounded");
                const auth::Verdict verdict = auth::check(verify->claim, password);
                accepted = std::holds_alternative<auth::Accepted>(verdict);
                engine->verdict(verdict, now);
            }
        engine->receive(0xc023, input, now);
        engine->receive(0xc223, input, now);
        for (const auth::AuthenticatorOutput &output : engine->take_outputs()) {
            check(accepted || !std::holds_alternative<auth::PeerSucceeded>(output),
                  "who was not accepted has not succeeded");
            if (const auto *failed = std::get_if<auth::PeerFailed>(&output))
                check(failed->text.size() < 300 && failed->user.size() <= 255,
                      "what is shown of a failure is bounded");
        }
        for (int i = 0; i < 100 && engine->deadline(); ++i) {
            check(*engine->deadline() > now, "no deadline lies in the past");
            now = *engine->deadline();
            engine->expire(now);
        }
        check(!engine->deadline(), "a silent peer is given up");
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const base::View input(data, size);
    codecs(input);
    engines(input);
    authenticators(input);
    return 0;
}
