// SPDX-License-Identifier: GPL-2.0-or-later
//
// The seam between rtun and the kernel: every verb that the daemon, `connect` and the tool ask of
// it, as plain values. netlink/ implements it over the "rtun" generic netlink family
// (uapi/linux/rtun.h is the manual) and rtnetlink; tests/fake has a FakeKernel that needs none.
//
// All calls are synchronous. Errors carry errno and the kernel's extended acknowledgement text.
#pragma once

#include <base/bytes.h>
#include <base/net.h>
#include <base/result.h>
#include <netlink/mppe.h>
#include <netlink/multilink.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rtun::netlink {

enum class TunnelId : std::uint32_t {};
enum class SessionId : std::uint32_t {};
enum class LinkIndex : int {};

// What becomes of a tunnel when the program that made it ends.
enum class Lifetime : std::uint8_t { OutlivesOwner, DiesWithOwner };
enum class Df : std::uint8_t { Unset, Set, Inherit };
// Unknown: one that a newer module has.
enum class Xport : std::uint8_t { Unknown, Pptp, L2tpv2, L2tpv3Udp, L2tpv3Ip, Mlppp };

// enum rtun_tunnel_flags without the lifetime. Given at creation only.
struct TunnelFlags {
    bool tos_inherit = false;
    bool zero_csum_tx = false;   // UDP: send data without a checksum
    bool zero_csum6_rx = false;  // and take it over IPv6
    bool peer_float = false;     // take data from other addresses than the peer's
    bool scoped_ids = false;     // session ids are unique together with the peer's address only
    bool operator==(const TunnelFlags &) const = default;
};

// Mlppp, whose sessions are bundles, has nothing but a lifetime and a blob.
struct TunnelSpec {
    Xport xport = Xport::Pptp;
    base::Address local{};  // an address of this host; L2TP: none, all of them
    base::Address remote{};
    Lifetime lifetime = Lifetime::OutlivesOwner;
    TunnelFlags flags{};
    std::uint32_t fwmark = 0;
    std::uint32_t oif = 0;  // ifindex of a device or VRF
    std::uint8_t ttl = 0;   // 0: the namespace's default
    std::uint8_t tos = 0;
    Df df = Df::Unset;
    // L2TP
    std::optional<std::uint16_t> local_port{};  // UDP
    std::optional<std::uint16_t> peer_port{};
    std::optional<std::uint32_t> local_id{};  // tunnel id or control connection id
    std::optional<std::uint32_t> peer_id{};
    base::Bytes blob{};
};

// What of a tunnel can be changed; nothing: leave as it is.
struct TunnelChange {
    std::optional<std::uint32_t> fwmark{};
    std::optional<std::uint32_t> oif{};
    std::optional<std::uint8_t> ttl{};
    std::optional<std::uint8_t> tos{};
    std::optional<Df> df{};
    std::optional<TunnelFlags> flags{};  // all but scoped_ids, which stays as it is
    std::optional<base::Bytes> blob{};
    bool operator==(const TunnelChange &) const = default;
};

struct Tunnel {
    TunnelId id{};
    TunnelSpec spec{};
    std::string owner{};  // empty: nobody's
    std::string xport{};  // "pptp", "l2tpv2", "l2tpv3-udp", "l2tpv3-ip", "mlppp", or a number
    std::uint32_t pmtu = 0;
    std::uint32_t sessions = 0;
};

// enum rtun_session_flags and enum rtun_np as members.
struct PppFlags {
    bool pfc_rx = false;
    bool pfc_tx = false;
    bool acfc_tx = false;
    bool echo_reply = false;
    bool operator==(const PppFlags &) const = default;
};
struct SequenceFlags {
    bool send = false;     // number what we send
    bool receive = false;  // take only numbered packets, in order
    bool operator==(const SequenceFlags &) const = default;
};
struct NetworkProtocols {
    bool ipv4 = false;
    bool ipv6 = false;
    bool bridge = false;  // Ethernet frames; without the others, and on a device of Ethernet
    bool operator==(const NetworkProtocols &) const = default;
};
// What bridged frames may be.
struct BridgeFlags {
    bool tinygram_rx = false;    // taken without the zeros at their end
    bool tinygram_tx = false;    // sent without them
    bool tagged_tx = false;      // sent with a tag of IEEE 802.1Q
    bool management_tx = false;  // BPDUs and their like are sent
    bool operator==(const BridgeFlags &) const = default;
};

// What a session carries, numbered as on the wire, and its L2-specific sublayer; a newer module may
// have more than these.
enum class PwType : std::uint32_t { EthernetVlan = 4, Ethernet = 5, Ppp = 7 };
enum class L2Spec : std::uint32_t { None = 0, Default = 1 };

// What may be given at creation and changed later; nothing: leave as it is.
struct SessionChange {
    std::optional<std::uint32_t> peer_id{};  // once
    std::optional<PwType> pw_type{};         // at creation
    std::optional<L2Spec> l2spec{};          // at creation
    std::optional<std::uint16_t> vlan{};     // at creation
    std::optional<PppFlags> flags{};
    std::optional<SequenceFlags> sequence{};
    std::optional<NetworkProtocols> np{};
    std::optional<BridgeFlags> bridging{};
    std::optional<std::uint32_t> reorder_slots{};    // packets, 0: hold nothing
    std::optional<std::uint32_t> reorder_timeout{};  // ms
    std::optional<std::uint32_t> peer_window{};      // packets
    std::optional<std::uint32_t> ack_delay{};        // ms
    std::optional<std::uint32_t> magic{};
    std::optional<base::Bytes> cookie_tx{};  // 0, 4 or 8 octets
    std::optional<base::Bytes> cookie_rx{};
    std::optional<std::uint32_t> cookie_grace{};  // ms
    std::optional<bool> circuit_up{};
    std::optional<std::uint32_t> keepalive{};   // ms, 0: never
    std::optional<std::uint32_t> dead_time{};   // ms, 0: never
    std::optional<std::uint32_t> tx_window{};   // packets, 0: none
    std::optional<std::uint32_t> static_rtt{};  // ms, 0: adapt
    std::optional<std::uint32_t> disorder{};    // pptp(8)'s test-type, 0: in order
    std::optional<std::uint32_t> disorder_rate{};
    std::optional<bool> peer_offload{};   // enum rtun_session_flags: the peer is of our kind
    std::optional<bool> mppe_required{};  // nothing leaves, or is taken, in clear
    std::optional<Mppe> mppe_tx{};
    std::optional<Mppe> mppe_rx{};
    std::optional<base::Bytes> blob{};
    std::optional<MultilinkSpec> multilink{};        // a bundle: at creation
    std::optional<MpMode> mp_mode{};                 // a bundle, as all mp_*
    std::optional<std::uint32_t> mp_min_fragment{};  // octets
    std::optional<std::uint32_t> mp_loss_time{};     // ms
    std::optional<std::uint32_t> mp_memory{};        // octets
    std::optional<std::uint32_t> mp_idle{};          // ms, 0: never
    std::optional<std::uint32_t> mp_probe{};         // ms, 0: never
    std::optional<SessionId> bundle{};               // of a link; id 0: of none
    std::optional<std::uint32_t> link_rate{};        // kbit/s, 0: not known
    std::optional<std::uint32_t> link_latency{};     // us
    std::optional<std::uint32_t> link_mtu{};         // octets, 0: what the path carries
    bool operator==(const SessionChange &) const = default;
};

struct Stats {
    std::uint64_t rx_packets = 0;
    std::uint64_t rx_bytes = 0;
    std::uint64_t tx_packets = 0;
    std::uint64_t tx_bytes = 0;
    std::uint64_t rx_control = 0;
    std::uint64_t tx_control = 0;
    std::uint64_t rx_acks = 0;
    std::uint64_t tx_acks = 0;
    std::uint64_t rx_echo = 0;
    std::uint64_t rx_buffered = 0;
    std::uint64_t rx_lost = 0;
    std::uint64_t rx_resync = 0;
    std::uint64_t rx_keepalive = 0;
    std::uint64_t tx_keepalive = 0;
    std::uint64_t tx_alarms = 0;
    std::uint64_t rx_encrypted = 0;
    std::uint64_t tx_encrypted = 0;
    std::uint64_t rx_mppe_late = 0;
    std::uint64_t rx_mppe_missed = 0;
    std::uint64_t rx_reset_requests = 0;
    std::uint64_t tx_reset_requests = 0;
    std::uint64_t rx_reset_acks = 0;
    std::uint64_t tx_held = 0;
    std::uint64_t rx_fragments = 0;
    std::uint64_t rx_fragment_bytes = 0;
    std::uint64_t tx_fragments = 0;
    std::uint64_t tx_fragment_bytes = 0;
    std::uint64_t rx_null_fragments = 0;
    std::uint64_t tx_null_fragments = 0;
    std::map<std::string, std::uint64_t> drops{};  // "no_session" -> count; zeros are left out
};

struct Session {
    SessionId id{};
    TunnelId tunnel{};
    std::uint32_t local_id = 0;
    std::optional<std::uint32_t> peer_id{};
    PwType pw_type = PwType::Ppp;
    L2Spec l2spec = L2Spec::None;
    std::optional<std::uint16_t> vlan{};
    PppFlags flags{};
    SequenceFlags sequence{};
    NetworkProtocols np{};
    BridgeFlags bridging{};
    std::uint32_t reorder_slots = 0;
    std::uint32_t reorder_timeout = 0;
    std::uint32_t peer_window = 0;
    std::uint32_t ack_delay = 0;
    base::Bytes cookie_tx{};
    base::Bytes cookie_rx{};
    std::uint32_t cookie_grace = 0;
    bool circuit_up = true;
    std::uint32_t keepalive = 0;
    std::uint32_t dead_time = 0;
    std::uint32_t tx_window = 0;
    std::uint32_t static_rtt = 0;
    std::uint32_t disorder = 0;
    std::uint32_t disorder_rate = 0;     // meaningful with disorder
    std::uint32_t overhead = 0;          // octets that a packet grows by, 0: not known
    std::optional<std::uint32_t> rtt{};  // us; nothing: not known
    bool congested = false;
    bool peer_offload = false;
    bool mppe_required = false;
    std::optional<MppeStatus> mppe_tx{};  // nothing: in clear
    std::optional<MppeStatus> mppe_rx{};
    std::optional<Bundle> multilink{};  // it is a bundle
    std::optional<SessionId> bundle{};  // it is a link of this one
    std::uint32_t link_rate = 0;        // kbit/s
    std::uint32_t link_latency = 0;     // us
    std::uint32_t link_mtu = 0;         // octets
    std::optional<LinkIndex> device{};  // in namespace netnsid, or here
    std::optional<int> netnsid{};
    base::Bytes blob{};
    Stats stats{};
};

struct Info {
    std::string version{};  // of the module
    std::uint32_t generation = 0;
    std::uint32_t tunnels = 0;
    std::uint32_t sessions = 0;
    Stats stats{};  // what no session could be charged with
};

struct Link {
    LinkIndex index{};
    std::string name{};
};
struct LinkStatus {
    LinkIndex index{};
    std::string name{};
    bool up = false;       // by its administrator
    bool carrier = false;  // and able to carry
    std::uint32_t mtu = 0;
    std::optional<base::Mac> mac{};
    std::string kind{};                 // "bridge", "rtun"; empty: none is told
    std::optional<LinkIndex> master{};  // the bridge, say, of which it is a port
};
// What a port of a bridge is like (IFLA_BRPORT_*).
struct BridgePort {
    bool isolated = false;  // it and others that are do not forward to one another
    bool learning = true;
    std::uint32_t cost = 100;
    std::uint16_t priority = 32;  // 0..63
    bool operator==(const BridgePort &) const = default;
};
struct LinkChange {
    std::optional<bool> up{};
    std::optional<std::uint32_t> mtu{};
    std::optional<base::Mac> mac{};
    std::optional<std::uint32_t> group{};  // as `ip link set group`
    std::optional<LinkIndex> master{};
    std::optional<BridgePort> port{};  // of a device that is one already
    bool operator==(const LinkChange &) const = default;
};

// destination/prefix_length via gateway dev oif src source metric M. Everything we install carries
// our own routing protocol number (RouteProtocol), so that left-overs can be told from others'.
struct Route {
    base::Ipv4 destination{};
    std::uint8_t prefix_length = 32;
    base::Ipv4 gateway{};  // unspecified: on link
    LinkIndex oif{};
    base::Ipv4 source{};  // preferred source, unspecified: none
    std::uint32_t metric = 0;
    bool onlink = false;  // the gateway is at oif, whatever other routes say
    bool operator==(const Route &) const = default;
};
inline constexpr std::uint8_t RouteProtocol = 174;

// Something the kernel says by itself.
struct Frame {
    SessionId session{};
    base::Bytes data{};  // PPP frame from the protocol field on
    std::uint32_t overrun = 0;
};
struct TunnelGone {
    TunnelId id{};
    std::string reason{};  // "request", "owner", "netns"
};
struct SessionGone {
    SessionId id{};
    TunnelId tunnel{};
    std::string reason{};  // "request", "owner", "netns", "tunnel"
};
struct TunnelChanged {
    bool created = false;
    Tunnel tunnel{};
};
struct SessionChanged {
    bool created = false;
    Session session{};
};
struct Notice {
    // "owner_gone", "pmtu", "resync", "ctrl_overrun", "carrier", "peer_addr", "peer_alive",
    // "alarm", "demand", "link_joined", "link_left", "mp_loss"; and after watch_routes() "routes"
    std::string type{};
    std::optional<TunnelId> tunnel{};
    std::optional<SessionId> session{};
    std::optional<std::uint32_t> value{};
    std::string name{};
    base::Address address{};
    std::optional<std::uint32_t> port{};
};
// The socket's buffer overflowed: events were lost, state has to be read again.
struct Overrun {};
using Event =
    std::variant<Frame, TunnelGone, SessionGone, TunnelChanged, SessionChanged, Notice, Overrun>;

class Kernel {
public:
    virtual ~Kernel() = default;

    // -- the family "rtun"
    [[nodiscard]] virtual base::Result<Info> info() = 0;
    // Frames and objects made from now on belong to this name. Once per Kernel.
    [[nodiscard]] virtual base::Status bind_owner(std::string_view name) = 0;
    // PPTP: needs an owner. Others: without one it is nobody's.
    [[nodiscard]] virtual base::Result<TunnelId> tunnel_add(const TunnelSpec &spec) = 0;
    [[nodiscard]] virtual base::Status tunnel_set(TunnelId id, const TunnelChange &change) = 0;
    [[nodiscard]] virtual base::Status tunnel_del(TunnelId id) = 0;
    [[nodiscard]] virtual base::Result<Tunnel> tunnel(TunnelId id) = 0;
    [[nodiscard]] virtual base::Result<std::vector<Tunnel>> tunnels() = 0;
    struct NewSession {
        SessionId id{};
        std::uint32_t local_id = 0;
    };
    // local_id 0: the kernel picks one.
    [[nodiscard]] virtual base::Result<NewSession>
    session_add(TunnelId tunnel, std::uint32_t local_id, const SessionChange &initial) = 0;
    [[nodiscard]] virtual base::Status session_set(SessionId id, const SessionChange &change) = 0;
    [[nodiscard]] virtual base::Status session_del(SessionId id) = 0;
    [[nodiscard]] virtual base::Result<Session> session(SessionId id) = 0;
    [[nodiscard]] virtual base::Result<std::vector<Session>> sessions() = 0;
    [[nodiscard]] virtual base::Status frame_send(SessionId id, base::View frame) = 0;

    // -- devices, addresses, routes
    // A device of kind "rtun" attached to the session, deleted with it. A name with "%d" gets a
    // number from the kernel.
    [[nodiscard]] virtual base::Result<Link> link_add(std::string_view name, SessionId session) = 0;
    // The same in Ethernet mode, with the address and the MTU it is to have (nothing: by default).
    [[nodiscard]] virtual base::Result<Link>
    link_add_ethernet(std::string_view name, SessionId session, const LinkChange &initial) = 0;
    // A device that waits for sessions and outlives them. It has a carrier without one; what it is
    // to send then is dropped, and told of by the notice "demand".
    [[nodiscard]] virtual base::Result<Link> link_add_on_demand(std::string_view name) = 0;
    struct OnDemand {
        Link link{};
        std::optional<SessionId> session{};
    };
    // All of that kind in this namespace, whoever made them.
    [[nodiscard]] virtual base::Result<std::vector<OnDemand>> links_on_demand() = 0;
    [[nodiscard]] virtual base::Status session_attach(SessionId id, LinkIndex link) = 0;
    [[nodiscard]] virtual base::Status session_detach(SessionId id) = 0;
    [[nodiscard]] virtual base::Status link_set(LinkIndex link, const LinkChange &change) = 0;
    [[nodiscard]] virtual base::Result<LinkStatus> link_status(LinkIndex link) = 0;
    // ErrorCode::NotFound if no device is called so, whatever its kind.
    [[nodiscard]] virtual base::Result<LinkIndex> link_index(std::string_view name) = 0;
    [[nodiscard]] virtual base::Status link_up(LinkIndex link, std::uint32_t mtu) = 0;
    [[nodiscard]] virtual base::Status link_del(LinkIndex link) = 0;
    [[nodiscard]] virtual base::Result<std::string> link_name(LinkIndex link) = 0;
    // local/32 with a point-to-point peer (unspecified: none), which brings the peer route.
    [[nodiscard]] virtual base::Status address_add(LinkIndex link, base::Ipv4 local,
                                                   base::Ipv4 peer) = 0;
    [[nodiscard]] virtual base::Status address_del(LinkIndex link, base::Ipv4 local,
                                                   base::Ipv4 peer) = 0;
    // The link-local address fe80::/64 with this interface identifier.
    [[nodiscard]] virtual base::Status address_add6(LinkIndex link, std::uint64_t interface_id) = 0;
    [[nodiscard]] virtual base::Status address_del6(LinkIndex link, std::uint64_t interface_id) = 0;
    [[nodiscard]] virtual base::Status route_add(const Route &route) = 0;
    [[nodiscard]] virtual base::Status route_del(const Route &route) = 0;
    // Instead of the one with the same destination and metric.
    [[nodiscard]] virtual base::Status route_replace(const Route &route) = 0;
    // How the kernel would reach it now.
    [[nodiscard]] virtual base::Result<Route> route_to(base::Ipv4 destination,
                                                       std::uint32_t fwmark) = 0;
    // How the main table would lead there if neither routes of ours were in it nor these devices.
    // ErrorCode::Unreachable: not at all.
    [[nodiscard]] virtual base::Result<Route> way_around(base::Ipv4 destination,
                                                         const std::vector<LinkIndex> &without) = 0;
    // All routes of the main table with our RouteProtocol.
    [[nodiscard]] virtual base::Result<std::vector<Route>> own_routes() = 0;

    // -- what the kernel says by itself
    // Frames of the owner arrive without asking; the other events only after subscribe().
    [[nodiscard]] virtual base::Status subscribe() = 0;
    // From now on a notice "routes" tells that IPv4 routes, addresses or devices that are not ours
    // have changed: one for any number of changes.
    [[nodiscard]] virtual base::Status watch_routes() = 0;
    // Descriptors to watch for reading; when one is readable, call events().
    [[nodiscard]] virtual std::vector<int> descriptors() const = 0;
    [[nodiscard]] virtual base::Result<std::vector<Event>> events() = 0;  // does not block
};

// Over the real kernel of the current network namespace. Loads the module if it is not there; the
// error tells what stands in the way (not installed for this kernel, Secure Boot, no privilege).
[[nodiscard]] base::Result<std::unique_ptr<Kernel>> open_kernel();

}  // namespace rtun::netlink
