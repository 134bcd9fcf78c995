// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a configuration says, as checked values. Defaults are the product's (docs in rtun.8). The
// grammar fills these structures; the daemon acts on them; export prints them.
#pragma once

#include <auth/method.h>
#include <base/bytes.h>
#include <base/net.h>
#include <base/secret.h>
#include <ppp/mppe.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rtun::config {

// What stateful MPPE does to the key with a flushed packet: RFC 3078 section 7.3 begins the current
// one anew, Linux's ppp_mppe takes the next one.
enum class MppeResync : std::uint8_t { Rfc, Linux };

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
    ppp::Encryption encryption = ppp::Encryption::Auto;
    ppp::MppeStrengths mppe = ppp::MppeStrength::Bits128;  // 40 and 56 only if they are named
    bool mppe_stateful = false;                            // if the server insists on it
    MppeResync mppe_resync = MppeResync::Rfc;
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

enum class Encap : std::uint8_t { Udp, Ip };
enum class Sublayer : std::uint8_t { None, Default };
enum class Sequencing : std::uint8_t { None, Send, Receive, Both };
enum class PseudowireType : std::uint8_t { Ethernet, Vlan };
// Auto: yes if the MTU follows the path, else no.
enum class DontFragment : std::uint8_t { Auto, No, Yes, Inherit };

// One static L2TPv3 Ethernet pseudowire: both ends are told everything, nothing is negotiated.
struct Pseudowire {
    std::string name;  // of the interface too: 1..15 characters
    bool enabled = true;
    std::string comment;
    std::string local;   // host name or address of this host, or "any"
    std::string remote;  // host name or address
    Encap encap = Encap::Udp;
    std::uint16_t sport = 1701;  // UDP
    std::uint16_t dport = 1701;
    std::uint32_t tunnel_id = 0;  // control connection ids of both ends, 0: none
    std::uint32_t peer_tunnel_id = 0;
    std::uint32_t session_id = 0;  // in what we receive
    std::uint32_t peer_session_id = 0;
    base::Bytes send_cookie;  // 0, 4 or 8 octets
    base::Bytes peer_cookie;
    std::chrono::milliseconds cookie_grace{30000};  // a replaced peer-cookie is taken for so long
    Sublayer sublayer = Sublayer::None;
    Sequencing sequencing = Sequencing::None;
    PseudowireType type = PseudowireType::Ethernet;
    std::uint16_t vlan_id = 0;     // of type vlan
    std::optional<base::Mac> mac;  // nothing: a random one
    std::uint32_t mtu = 0;         // of the interface; 0: as the path allows
    std::uint8_t ttl = 0;          // 0: the namespace's default
    std::uint8_t tos = 0;
    bool tos_inherit = false;
    DontFragment dont_fragment = DontFragment::Auto;
    std::uint32_t fwmark = 0;
    std::string interface;  // device or VRF that the outer packets are bound to
    bool udp_checksum = true;
    bool zero_checksum6 = false;
    bool peer_float = false;
    bool scoped_ids = false;
    std::uint32_t reorder_slots = 256;  // 0: hold nothing
    std::chrono::milliseconds reorder_time{50};
    bool circuit_up = true;
    std::chrono::milliseconds keepalive{0};  // 0: none
    std::chrono::milliseconds dead_time{0};  // 0: never dead
};

struct Config {
    std::vector<Client> clients;  // in the order in which they were added
    std::vector<Pseudowire> pseudowires{};
};

}  // namespace rtun::config
