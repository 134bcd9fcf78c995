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
#include <variant>
#include <vector>

namespace rtun::config {

// What stateful MPPE does to the key with a flushed packet: RFC 3078 section 7.3 begins the current
// one anew, Linux's ppp_mppe takes the next one.
enum class MppeResync : std::uint8_t { Rfc, Linux };

// The name servers that a server tells: not used, used before the host's own, or instead of them.
enum class PeerDns : std::uint8_t { No, Yes, Exclusively };

// How multilink spreads packets over the links: each whole on the link where it is there first, in
// fragments that are all there at the same time, or one packet a link in turn.
enum class MpMode : std::uint8_t { Whole, Balance, RoundRobin };

// A property of a profile that leaves the matter to the one below it.
enum class Toggle : std::uint8_t { Default, No, Yes };

// Of which bridge of this host a session is a port (BCP), and what the port is like.
struct BridgePort {
    std::string bridge{};                    // empty: of none
    std::optional<std::uint32_t> horizon{};  // ports that have one do not forward to one another
    Toggle learning = Toggle::Default;
    std::uint32_t path_cost = 0;             // 1..65535, 0: as the kernel has it
    std::optional<std::uint8_t> priority{};  // 0..240 in steps of 16; nothing: as the kernel has it
    bool operator==(const BridgePort &) const = default;
};

// Peers that need other words than everybody else.
enum class Quirks : std::uint8_t { None, BezeqIsrael };

// One client: a tunnel that we bring up and keep up.
struct Client {
    std::string name;  // of the interface too: 1..15 characters
    bool enabled = true;
    std::string comment;
    // Host names or IPv4 addresses with commas between them, each optionally with ":port" (default
    // 1723): tried in turn.
    std::string connect_to;
    std::string user;
    base::Secret password;      // empty if password_file is given
    std::string password_file;  // absolute path
    auth::MethodSet allow = auth::MethodSet::all();
    std::string profile = "default-encryption";
    std::optional<ppp::Encryption> encryption{};           // nothing: as the profile says
    ppp::MppeStrengths mppe = ppp::MppeStrength::Bits128;  // 40 and 56 only if they are named
    ppp::StatefulMppe mppe_stateful = ppp::StatefulMppe::No;
    MppeResync mppe_resync = MppeResync::Rfc;
    std::uint16_t max_mtu = 1450;  // 128..16384, 0: what fits the path
    std::uint16_t max_mru = 1450;
    bool add_default_route = false;
    std::uint8_t default_route_distance = 1;
    bool host_route = true;                // pin the way to the server before it
    bool dial_on_demand = false;           // dial when there is something to send
    std::chrono::seconds idle_timeout{0};  // nothing carried for so long: hang up; 0: never
    PeerDns use_peer_dns = PeerDns::No;
    bool ipv6 = false;                   // IPv6CP too
    std::chrono::seconds keepalive{60};  // keepalive-timeout, 0: off
    // By route: none, or one that is unspecified or empty. Several: of links, see links.h.
    std::vector<base::Ipv4> src_address;
    std::vector<std::string> src_interface;
    std::uint16_t mrru = 0;  // multilink: 512..65535, 0: none
    MpMode mp_mode = MpMode::Whole;
    std::chrono::milliseconds mp_loss_time{100};  // a missing fragment is waited for
    std::vector<std::uint64_t> link_rate;         // bit/s of each link; none, or 0: not known
    std::string phone;                            // phone number in the Outgoing-Call-Request
    Quirks quirks = Quirks::None;
    std::string log_tag;                // what log lines begin with; empty: the name
    std::uint32_t fwmark = 0;           // on TCP and GRE
    std::uint32_t reorder_slots = 256;  // 0: hold nothing
    std::chrono::milliseconds reorder_time{50};
    std::uint8_t test_type = 0;              // send out of order on purpose: 1..3; 0: no
    std::uint32_t test_rate = 100;           // packets in order between two such tests
    std::chrono::seconds echo_interval{60};  // control connection: idle time before an echo
    std::chrono::seconds echo_timeout{60};   // and for its reply
    BridgePort port{};                       // as its profile has it: no property of its own
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
    bool peer_offload = false;          // the other end is an rtun
    std::uint32_t reorder_slots = 256;  // 0: hold nothing
    std::chrono::milliseconds reorder_time{50};
    bool circuit_up = true;
    std::chrono::milliseconds keepalive{0};  // 0: none
    std::chrono::milliseconds dead_time{0};  // 0: never dead
};

// Which services a user may use. Those that there are not yet are for files that name them.
enum class Service : std::uint8_t { Any, Pptp, L2tp, Pppoe, Sstp, Ovpn };

// Where a session's address comes from: an address, the name of a pool, or nowhere.
struct AddressSource {
    std::variant<std::monostate, base::Ipv4, std::string> from;
    bool operator==(const AddressSource &) const = default;
};

struct Prefix {
    base::Ipv4 address;  // no bits behind the length
    std::uint8_t length = 32;
    auto operator<=>(const Prefix &) const = default;
};

// "10.150.1.0/24 10.0.103.2 1": installed while the user is connected.
struct UserRoute {
    Prefix destination;
    base::Ipv4 gateway;  // unspecified: the session's peer
    std::uint32_t metric = 1;
    bool operator==(const UserRoute &) const = default;
};

// A user.
struct Secret {
    std::string name;
    bool enabled = true;
    std::string comment;
    base::Secret password;      // empty if password_file is given
    std::string password_file;  // absolute path
    Service service = Service::Any;
    std::string caller_id;  // PPTP: the client's address; empty: any
    std::string profile;    // empty: the service's default profile
    AddressSource local_address;
    AddressSource remote_address;
    std::vector<UserRoute> routes;
    std::uint32_t max_links = 0;  // of a multilink session; 0: as the profile says
};

// Bits per second, as a router's user counts: rx is what the user sends. 0: no limit.
struct RateLimit {
    struct Direction {
        std::uint64_t rate = 0;             // bit/s
        std::uint64_t burst_rate = 0;       // bit/s, 0: none
        std::uint64_t burst_threshold = 0;  // bit/s
        std::chrono::seconds burst_time{0};
        bool operator==(const Direction &) const = default;
    };
    Direction rx;
    Direction tx;
    bool operator==(const RateLimit &) const = default;
};

// What users have in common.
struct Profile {
    std::string name;
    std::string comment;
    AddressSource local_address;
    AddressSource remote_address;
    std::vector<base::Ipv4> dns_server;   // at most two
    std::vector<base::Ipv4> wins_server;  // at most two
    enum class UseEncryption : std::uint8_t { Default, No, Yes, Require, Passive };
    UseEncryption use_encryption = UseEncryption::Default;
    Toggle only_one = Toggle::Default;
    Toggle use_ipv6 = Toggle::Default;
    Toggle change_tcp_mss = Toggle::Default;
    std::chrono::seconds session_timeout{0};  // 0: none
    std::chrono::seconds idle_timeout{0};
    RateLimit rate_limit;
    std::string address_list;           // an nft set of the table rtun
    std::uint32_t interface_group = 0;  // as `ip link set group`
    bool proxy_arp = false;             // answer for the session's address on the LAN it belongs to
    std::string on_up;                  // absolute path of a program
    std::string on_down;
    std::uint32_t max_links = 0;  // of a multilink session; 0: as the server says
    std::string bridge;           // as of BridgePort, like all that follows
    std::optional<std::uint32_t> bridge_horizon;
    Toggle bridge_learning = Toggle::Default;
    std::uint32_t bridge_path_cost = 0;
    std::optional<std::uint8_t> bridge_port_priority;

    [[nodiscard]] BridgePort bridge_port() const {
        return {bridge, bridge_horizon, bridge_learning, bridge_path_cost, bridge_port_priority};
    }
};

struct Pool {
    struct Range {
        base::Ipv4 first;
        base::Ipv4 last;
        bool operator==(const Range &) const = default;
    };
    std::string name;
    std::string comment;
    std::vector<Range> ranges;
    std::string next_pool;  // when this one is used up
};

// A fixed interface name for a user; it never replaces the user.
struct ServerInterface {
    std::string name;  // 1..15 characters
    bool enabled = true;
    std::string comment;
    std::string user;
    Service service = Service::Pptp;
};

// RTUN_BUNDLE_LINKS_MAX of the kernel interface.
inline constexpr std::uint32_t MaxLinks = 16;

// The PPTP server. There is one; it listens on any number of addresses.
struct PptpServer {
    bool enabled = false;
    struct Listen {
        base::Ipv4 address;  // unspecified: all
        std::uint16_t port = 1723;
        std::string vrf;  // empty: none
        bool operator==(const Listen &) const = default;
    };
    std::vector<Listen> listen{Listen{}};
    auth::MethodSet authentication = [] {
        auth::MethodSet set;
        set.add(auth::Method::MsChap2);
        return set;
    }();
    std::string default_profile = "default-encryption";
    std::uint16_t max_mtu = 1450;  // 0: what fits the path
    std::uint16_t max_mru = 1450;
    std::chrono::seconds keepalive{30};  // 0: off
    std::uint32_t max_sessions = 0;      // 0: unlimited
    bool one_session_per_host = false;
    std::vector<Prefix> allow_from;     // sources that may connect; empty: all
    std::uint32_t max_half_open = 256;  // calls that are not authenticated yet, of all sources
    std::uint32_t max_half_open_per_host = 8;
    std::uint32_t connection_rate = 20;       // new connections a second of one source; 0: any
    std::uint16_t receive_window = 64;        // packets, told to the client
    std::chrono::milliseconds static_rtt{0};  // 0: adapt (RFC 2637 section 4.4)
    std::chrono::seconds echo_interval{60};   // tunnel echo: idle time before it
    std::chrono::seconds echo_timeout{20};    // and for its reply
    ppp::MppeStrengths mppe = ppp::MppeStrength::Bits128;
    ppp::StatefulMppe mppe_stateful = ppp::StatefulMppe::No;
    MppeResync mppe_resync = MppeResync::Rfc;
    std::uint32_t reorder_slots = 256;
    std::chrono::milliseconds reorder_time{50};
    std::chrono::seconds rechallenge{0};  // CHAP while the session is up; 0: never
    std::uint32_t fwmark = 0;             // on GRE
    std::uint16_t mrru = 0;               // 512..65535, 0: no multilink
    std::uint32_t max_links = MaxLinks;   // of one session; 1..MaxLinks
};

// What is kept of sessions that were.
struct Accounting {
    bool enabled = true;
    std::chrono::seconds interim_update{60};  // 0: none
    std::uint32_t keep = 100000;              // finished sessions
};

struct Config {
    std::vector<Client> clients;  // in the order in which they were added
    std::vector<Pseudowire> pseudowires{};
    std::vector<Secret> secrets{};
    std::vector<Profile> profiles{};  // the two built in among them if they were changed
    std::vector<Pool> pools{};
    std::vector<ServerInterface> interfaces{};
    PptpServer pptp_server{};
    Accounting accounting{};
};

}  // namespace rtun::config
