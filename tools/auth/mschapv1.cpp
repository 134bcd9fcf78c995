// SPDX-License-Identifier: GPL-2.0-or-later
//
// MS-CHAPv1 (RFC 2433): the response to a challenge of eight octets with the NT hash of the
// password. The LAN Manager response, which gives the password away, is never computed. Both
// directions of MPPE have the same keys (RFC 3079 section 2).
#include <auth/engines.h>

#include <crypto/mppe_keys.h>
#include <crypto/mschap.h>

namespace rtun::auth {

namespace {

class MsChap1 final : public ChapAlgorithm {
public:
    std::optional<base::Bytes> respond(const wire::ChapChallenge &challenge,
                                       const Credentials &credentials) override {
        if (challenge.value.size() != 8)
            return std::nullopt;
        const crypto::Challenge8 authenticator = base::View(challenge.value).first<8>();
        wire::MsChap1Response response;
        response.nt = crypto::challenge_response(authenticator,
                                                 crypto::nt_password_hash(credentials.password));
        const auto key = [&](crypto::MppeStrength strength) {
            return crypto::mppe_start_key_v1(credentials.password, authenticator, strength);
        };
        keys_.send = {key(crypto::MppeStrength::Bits128), key(crypto::MppeStrength::Bits56)};
        keys_.receive = keys_.send;
        return wire::encode(response);
    }
    Output judge(const wire::ChapSuccess &success) const override {
        return Succeeded{shown(success.message), keys_};
    }
    Failed judge(const wire::ChapFailure &failure) const override {
        return ms_chap_failed(failure.message);
    }

private:
    MppeKeys keys_;  // that the last response leads to
};

}  // namespace

std::unique_ptr<ChapAlgorithm> make_ms_chap1() { return std::make_unique<MsChap1>(); }

}  // namespace rtun::auth
