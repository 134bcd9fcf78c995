// SPDX-License-Identifier: GPL-2.0-or-later
//
// MS-CHAPv1 (RFC 2433): the response to a challenge of eight octets with the NT hash of the
// password. The LAN Manager response, which gives the password away, is never computed.
#include <auth/engines.h>

#include <crypto/mschap.h>

namespace rtun::auth {

namespace {

class MsChap1 final : public ChapAlgorithm {
public:
    std::optional<base::Bytes> respond(const wire::ChapChallenge &challenge,
                                       const Credentials &credentials) override {
        if (challenge.value.size() != 8)
            return std::nullopt;
        wire::MsChap1Response response;
        response.nt = crypto::challenge_response(base::View(challenge.value).first<8>(),
                                                 crypto::nt_password_hash(credentials.password));
        return wire::encode(response);
    }
    Output judge(const wire::ChapSuccess &success) const override {
        return Succeeded{shown(success.message)};
    }
    Failed judge(const wire::ChapFailure &failure) const override {
        return ms_chap_failed(failure.message);
    }
};

}  // namespace

std::unique_ptr<ChapAlgorithm> make_ms_chap1() { return std::make_unique<MsChap1>(); }

}  // namespace rtun::auth
