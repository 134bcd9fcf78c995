// SPDX-License-Identifier: GPL-2.0-or-later
//
// Making the engines that demand authentication, and what they say of a peer that fails.
#include <auth/authenticator.h>

#include <auth/engines.h>

#include <fmt/format.h>

#include <algorithm>

namespace rtun::auth {

std::unique_ptr<Authenticator> Authenticator::create(Method method, AuthenticatorOptions options,
                                                     base::Random &random) {
    // Challenges carry it; a packet has room for no more of it than of anything else.
    options.name.resize(std::min(options.name.size(), wire::auth_field_max));
    switch (method) {
    case Method::Pap:
        return make_pap_authenticator(std::move(options));
    case Method::Chap:
    case Method::MsChap1:
    case Method::MsChap2:
        return make_chap_authenticator(method, std::move(options), random);
    }
    base::assert_failed("a method of the table", __FILE__, __LINE__);
}

PeerFailed peer_refused(std::string_view user, const Refused &refused, bool with) {
    std::string text = refused.text.empty()
                           ? std::string(words_of(static_cast<std::uint32_t>(refused.code)))
                           : refused.text;
    if (with)
        text += fmt::format(" (E={})", refused.code);
    return {PeerFailed::Why::Refused, shown(user), refused.code, std::move(text)};
}

}  // namespace rtun::auth
