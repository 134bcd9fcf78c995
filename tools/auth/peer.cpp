// SPDX-License-Identifier: GPL-2.0-or-later
//
// Making engines, and what all of them say.
#include <auth/peer.h>

#include <auth/engines.h>

#include <fmt/format.h>

namespace rtun::auth {

namespace {

// More than this of a message is an attack on the reader, not a message.
constexpr std::size_t longest_message = 200;

}  // namespace

std::unique_ptr<Peer> Peer::create(Method method, Credentials credentials, PeerOptions options,
                                   base::Random &random) {
    switch (method) {
    case Method::Pap:
        return make_pap(std::move(credentials), options);
    case Method::Chap:
        return make_chap(std::move(credentials), options, make_chap_md5());
    case Method::MsChap1:
        return make_chap(std::move(credentials), options, make_ms_chap1());
    case Method::MsChap2:
        return make_chap(std::move(credentials), options, make_ms_chap2(random));
    }
    base::assert_failed("a method of the table", __FILE__, __LINE__);
}

std::string shown(std::string_view message) {
    return base::printable(base::as_bytes(message), longest_message);
}

Failed plainly_rejected(std::string_view message) {
    const std::string said = shown(message);
    return {Failed::Why::Rejected, 0,
            "user name or password rejected" + (said.empty() ? "" : ": " + said)};
}

std::optional<Failed> unusable(const Credentials &credentials, Method method) {
    const auto too_long = [](std::string_view what) {
        return Failed{Failed::Why::Rejected, 0,
                      fmt::format("the {} is longer than {} octets", what, wire::auth_field_max)};
    };
    if (credentials.user.size() > wire::auth_field_max)
        return too_long("user name");
    if (method == Method::Pap && credentials.password.reveal().size() > wire::auth_field_max)
        return too_long("password");
    return std::nullopt;
}

}  // namespace rtun::auth
