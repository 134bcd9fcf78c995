// SPDX-License-Identifier: GPL-2.0-or-later
//
// MS-CHAPv2 (RFC 2759): both sides show that they know the password. Our response holds a challenge
// for the authenticator, whose Success has to answer it: "If the authenticator response is either
// missing or incorrect, the peer MUST end the session" (section 5).
#include <auth/engines.h>

#include <crypto/mppe_keys.h>
#include <crypto/mschap.h>

namespace rtun::auth {

namespace {

class MsChap2 final : public ChapAlgorithm {
public:
    explicit MsChap2(base::Random &random) : random_(random) {}

    std::optional<base::Bytes> respond(const wire::ChapChallenge &challenge,
                                       const Credentials &credentials) override {
        if (challenge.value.size() != 16)
            return std::nullopt;
        const crypto::Challenge16 authenticator = base::View(challenge.value).first<16>();
        const std::string_view user = crypto::without_domain(credentials.user);
        wire::MsChap2Response response;
        random_.fill(response.peer_challenge);
        response.nt = crypto::generate_nt_response(authenticator, response.peer_challenge, user,
                                                   credentials.password);
        expected_ = crypto::generate_authenticator_response(
            credentials.password, response.nt, response.peer_challenge, authenticator, user);
        derive_keys(credentials.password, response.nt);
        return wire::encode(response);
    }

    Output judge(const wire::ChapSuccess &success) const override {
        const wire::MsChapSuccess said = wire::parse_ms_chap_success(success.message);
        if (!said.authenticator_response)
            return bad_authenticator("the peer did not prove that it knows the password (no S=)");
        if (!base::equal_constant_time(*said.authenticator_response, expected_.view()))
            return bad_authenticator("the peer does not know the password (wrong S=)");
        return Succeeded{shown(said.message), keys_};
    }

    Failed judge(const wire::ChapFailure &failure) const override {
        return ms_chap_failed(failure.message);
    }

private:
    // RFC 3079 section 3: a key a direction, seen from the client.
    void derive_keys(const base::Secret &password, crypto::NtResponseView response) {
        using enum crypto::MppeDirection;
        using enum crypto::MppeStrength;
        const crypto::Octets<16> master = crypto::mppe_master_key(
            crypto::hash_nt_password_hash(crypto::nt_password_hash(password)), response);
        const auto key = [&master](crypto::MppeStrength strength, crypto::MppeDirection direction) {
            return crypto::mppe_start_key(master, strength, direction, crypto::MppeRole::Client);
        };
        keys_.send = {key(Bits128, Send), key(Bits56, Send)};
        keys_.receive = {key(Bits128, Receive), key(Bits56, Receive)};
    }

    static Failed bad_authenticator(std::string text) {
        return {Failed::Why::BadAuthenticator, 0, std::move(text)};
    }

    base::Random &random_;
    crypto::Octets<20> expected_;  // of the Success for the last response
    MppeKeys keys_;                // that it leads to
};

}  // namespace

std::unique_ptr<ChapAlgorithm> make_ms_chap2(base::Random &random) {
    return std::make_unique<MsChap2>(random);
}

}  // namespace rtun::auth
