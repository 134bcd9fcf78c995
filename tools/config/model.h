// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a configuration says, as checked values. Defaults are the product's (docs in rtun.8). The
// grammar fills these structures; the daemon acts on them; export prints them.
#pragma once

#include <auth/method.h>
#include <base/net.h>
#include <base/secret.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rtun::config {

// One client: a tunnel that we bring up and keep up.
struct Client {
    std::string name;  // of the interface too: 1..15 characters
    bool enabled = true;
    std::string comment;
    std::string connect_to;  // host name or IPv4 address, optionally ":port" (default 1723)
    std::string user;
    base::Secret password;      // empty if password_file is given
    std::string password_file;  // absolute path
    auth::MethodSet allow = auth::MethodSet::all();
    std::uint16_t max_mtu = 1450;  // 128..16384
    std::uint16_t max_mru = 1450;
    bool add_default_route = false;
    std::uint8_t default_route_distance = 1;
    bool use_peer_dns = false;           // ask for DNS servers and show them
    std::chrono::seconds keepalive{60};  // keepalive-timeout, 0: off
    base::Ipv4 src_address;              // unspecified: by route
    std::string phone;                   // phone number in the Outgoing-Call-Request
    std::uint32_t fwmark = 0;            // on TCP and GRE
    std::uint32_t reorder_slots = 256;   // 0: hold nothing
    std::chrono::milliseconds reorder_time{50};
    std::chrono::seconds echo_interval{60};  // control connection: idle time before an echo
    std::chrono::seconds echo_timeout{60};   // and for its reply
};

struct Config {
    std::vector<Client> clients;  // in the order in which they were added
};

}  // namespace rtun::config
