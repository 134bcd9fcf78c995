// SPDX-License-Identifier: GPL-2.0-or-later
//
// What tests of multilink share: a server that asks for it, and clients whose calls are links of
// one bundle.
#pragma once

#include <tests/daemon/server_host.h>

#include <optional>
#include <string>

namespace rtun::daemon::test {

inline config::Config multilink_server() {
    config::Config config = office_server();
    config.pptp_server.mrru = 1500;
    return config;
}

inline ppp::Discriminator somebody(std::uint32_t who = 1) {
    return ppp::Discriminator::ip(base::Ipv4{who});
}

// The n-th call of a bundle, from a host of its own.
inline fake::FakePptpClient::Options link_of(fake::FakeBundle &bundle, unsigned n,
                                             std::optional<ppp::Discriminator> who = somebody()) {
    fake::FakePptpClient::Options options;
    options.from = base::Ipv4{0xcb007110 + n};
    options.multilink = ppp::Multilink{.mrru = 1500, .discriminator = std::move(who)};
    options.bundle = &bundle;
    return options;
}

}  // namespace rtun::daemon::test
