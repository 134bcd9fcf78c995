// SPDX-License-Identifier: GPL-2.0-or-later
//
// CHAP with MD5 (RFC 1994 section 4.1): the digest of identifier, secret and challenge.
#include <auth/engines.h>

#include <crypto/digest.h>

namespace rtun::auth {

namespace {

class ChapMd5 final : public ChapAlgorithm {
public:
    std::optional<base::Bytes> respond(const wire::ChapChallenge &challenge,
                                       const Credentials &credentials) override {
        const auto digest = crypto::md5(
            {base::View(&challenge.id, 1), credentials.password.reveal(), challenge.value});
        return base::Bytes(digest.octets.begin(), digest.octets.end());
    }
    Output judge(const wire::ChapSuccess &success) const override {
        return Succeeded{shown(success.message)};
    }
    Failed judge(const wire::ChapFailure &failure) const override {
        return plainly_rejected(failure.message);
    }
};

}  // namespace

std::unique_ptr<ChapAlgorithm> make_chap_md5() { return std::make_unique<ChapMd5>(); }

}  // namespace rtun::auth
