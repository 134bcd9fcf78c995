// SPDX-License-Identifier: GPL-2.0-or-later
//
// The steps in which a pseudowire comes, changes and goes. A step that fails undoes those before
// it.
#include <pseudowire/pseudowire.h>

#include <config/grammar.h>
#include <pseudowire/translate.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rtun::pseudowire {

using base::ErrorCode;
using base::fail;
using base::Result;
using base::Status;
using config::Pseudowire;
using netlink::Kernel;
using netlink::TunnelId;

namespace {

// RouterOS's; fits every path of 1500 octets with everything that can stand around the frame.
constexpr std::uint32_t unknown_path_mtu = 1420;
constexpr std::uint32_t ethernet_header = 14;
constexpr std::uint32_t largest_packet = 65535;
constexpr std::uint32_t smallest_mtu = 68;  // RFC 791, and the kernel's ETH_MIN_MTU

bool carries_pseudowires(const netlink::Tunnel &tunnel) {
    return tunnel.spec.xport == netlink::Xport::L2tpv3Udp ||
           tunnel.spec.xport == netlink::Xport::L2tpv3Ip;
}

bool is_pseudowire(const netlink::Session &session) {
    return session.pw_type == netlink::PwType::Ethernet ||
           session.pw_type == netlink::PwType::EthernetVlan;
}

// Nothing if it is in another namespace, or was deleted meanwhile.
std::optional<netlink::LinkStatus> link_of(Kernel &kernel, const netlink::Session &session) {
    if (!session.device || session.netnsid)
        return std::nullopt;
    auto status = kernel.link_status(*session.device);
    return status ? std::optional(std::move(*status)) : std::nullopt;
}

std::string interface_of(Kernel &kernel, const netlink::Tunnel &tunnel) {
    if (tunnel.spec.oif == 0)
        return {};
    const auto name = kernel.link_name(netlink::LinkIndex{static_cast<int>(tunnel.spec.oif)});
    return name ? *name : fmt::format("if{}", tunnel.spec.oif);
}

State state_of(Kernel &kernel, const netlink::Tunnel &tunnel, netlink::Session session) {
    State state{.settings = {}, .session = std::move(session), .tunnel = tunnel, .link = {}};
    state.link = link_of(kernel, state.session);
    state.settings = settings_of(tunnel, state.session, state.link, interface_of(kernel, tunnel));
    return state;
}

Result<std::uint32_t> index_of(Kernel &kernel, const std::string &interface) {
    if (interface.empty())
        return 0U;
    const auto found = kernel.link_index(interface);
    if (!found && found.error().code == ErrorCode::NotFound)
        return fail(ErrorCode::NotFound, fmt::format("there is no interface \"{}\"", interface),
                    found.error().errnum);
    return static_cast<std::uint32_t>(TRY(found));
}

// What the kernel would refuse as well, but not in these words.
Status check_new(Kernel &kernel, const Snapshot &snapshot, const Pseudowire &settings,
                 const netlink::TunnelSpec &spec) {
    if (snapshot.find(settings.name) != nullptr)
        return fail(ErrorCode::Exists,
                    fmt::format("there is a pseudowire \"{}\" already", settings.name));
    const auto other = kernel.link_index(settings.name);
    if (other)
        return fail(ErrorCode::Exists,
                    fmt::format("there is an interface \"{}\" already", settings.name));
    if (other.error().code != ErrorCode::NotFound)
        return fail(other.error());
    for (const State &state : snapshot.states) {
        const bool scoped = settings.scoped_ids && state.settings.scoped_ids &&
                            state.tunnel.spec.remote != spec.remote;
        if (state.session.local_id == settings.session_id && !scoped)
            return fail(ErrorCode::Exists,
                        fmt::format("session-id {} is that of pseudowire \"{}\" already",
                                    settings.session_id, state.settings.name));
    }
    for (const auto &[id, tunnel] : snapshot.tunnels) {
        if (carries_pseudowires(tunnel) && spec.local_id && tunnel.spec.local_id == spec.local_id &&
            !same_tunnel(tunnel.spec, spec))
            return fail(ErrorCode::Exists,
                        fmt::format("tunnel-id {} is that of a tunnel with other ends, {} -> {}",
                                    *spec.local_id, tunnel.spec.local.text(),
                                    tunnel.spec.remote.text()));
    }
    return {};
}

// The tunnel that a new pseudowire may share; nothing if there is none.
Result<std::optional<TunnelId>> shared_tunnel(const Snapshot &snapshot, const Pseudowire &settings,
                                              netlink::TunnelSpec spec) {
    for (const auto &[id, tunnel] : snapshot.tunnels) {
        if (!same_tunnel(tunnel.spec, spec) ||
            tunnel.spec.lifetime == netlink::Lifetime::DiesWithOwner)
            continue;
        if (settings.dont_fragment == config::DontFragment::Auto)
            spec.df = tunnel.spec.df;
        const std::string_view keyword = policy_difference(tunnel.spec, spec);
        if (!keyword.empty())
            return fail(ErrorCode::Refused,
                        fmt::format("tunnel {} has these ends and ids, but another {}: give the "
                                    "same, or another tunnel-id",
                                    static_cast<std::uint32_t>(id), keyword));
        return std::optional(id);
    }
    return std::optional<TunnelId>();
}

// Undoes what was done, the last first, unless all of it came about. What fails here cannot be
// helped: why the pseudowire could not be made is what is told.
class Undo {
public:
    Undo() = default;
    Undo(const Undo &) = delete;
    Undo &operator=(const Undo &) = delete;
    ~Undo() {
        for (auto step = steps_.rbegin(); step != steps_.rend(); ++step)
            (*step)();
    }
    void by(std::function<void()> step) { steps_.push_back(std::move(step)); }
    void not_needed() { steps_.clear(); }

private:
    std::vector<std::function<void()>> steps_;
};

// -- changes, each from one state to another, so that the way back is the same with the ends
//    exchanged

template <typename T>
std::optional<T> unless_same(const T &old, const T &wanted) {
    return old == wanted ? std::nullopt : std::optional<T>(wanted);
}

netlink::TunnelChange change_of(const netlink::TunnelSpec &old, const netlink::TunnelSpec &wanted) {
    return {.fwmark = unless_same(old.fwmark, wanted.fwmark),
            .oif = unless_same(old.oif, wanted.oif),
            .ttl = unless_same(old.ttl, wanted.ttl),
            .tos = unless_same(old.tos, wanted.tos),
            .df = unless_same(old.df, wanted.df),
            .flags = unless_same(old.flags, wanted.flags)};
}

// Only what can be changed: the rest was compared before.
netlink::SessionChange change_of(const netlink::SessionChange &old,
                                 const netlink::SessionChange &wanted) {
    netlink::SessionChange change;
    const auto take = [&](auto member) {
        if (old.*member != wanted.*member)
            change.*member = wanted.*member;
    };
    take(&netlink::SessionChange::sequence);
    take(&netlink::SessionChange::peer_offload);
    take(&netlink::SessionChange::reorder_slots);
    take(&netlink::SessionChange::reorder_timeout);
    take(&netlink::SessionChange::cookie_tx);
    take(&netlink::SessionChange::cookie_rx);
    take(&netlink::SessionChange::cookie_grace);
    take(&netlink::SessionChange::circuit_up);
    take(&netlink::SessionChange::keepalive);
    take(&netlink::SessionChange::dead_time);
    take(&netlink::SessionChange::blob);
    return change;
}

netlink::LinkChange change_of(const netlink::LinkStatus &old, const netlink::LinkChange &wanted) {
    netlink::LinkChange change;
    if (wanted.up && *wanted.up != old.up)
        change.up = wanted.up;
    if (wanted.mtu && *wanted.mtu != old.mtu)
        change.mtu = wanted.mtu;
    if (wanted.mac && wanted.mac != old.mac)
        change.mac = wanted.mac;
    return change;
}

// What the device is to become; nothing in it that is to stay.
Result<netlink::LinkChange> link_change(Kernel &kernel, const State &state,
                                        const Pseudowire &wanted) {
    netlink::LinkChange change;
    if (!state.link) {
        if (wanted.mtu != state.settings.mtu || wanted.mac != state.settings.mac)
            return fail(ErrorCode::Refused,
                        fmt::format("the interface of pseudowire \"{}\" is not in this network "
                                    "namespace: change it where it is",
                                    state.settings.name));
        return change;
    }
    change.mac = wanted.mac;
    if (wanted.enabled != state.settings.enabled)
        change.up = wanted.enabled;
    change.mtu = wanted.mtu;
    if (wanted.mtu == 0) {  // as it is now: a cookie may have changed the overhead
        const netlink::Session session = TRY(kernel.session(state.session.id));
        const netlink::Tunnel tunnel = TRY(kernel.tunnel(state.tunnel.id));
        change.mtu = automatic_mtu(tunnel.pmtu, session.overhead);
    }
    return change_of(*state.link, change);
}

}  // namespace

const State *Snapshot::find(std::string_view name) const {
    const auto found = std::find_if(states.begin(), states.end(),
                                    [&](const State &s) { return s.settings.name == name; });
    return found == states.end() ? nullptr : &*found;
}

std::uint32_t automatic_mtu(std::uint32_t path_mtu, std::uint32_t overhead) {
    const std::uint32_t around = overhead + ethernet_header;
    if (path_mtu == 0 || overhead == 0)
        return unknown_path_mtu;
    const std::uint32_t room = std::min(path_mtu, largest_packet);
    return room < around + smallest_mtu ? smallest_mtu : room - around;
}

Result<Snapshot> read(Kernel &kernel) {
    Snapshot snapshot;
    for (netlink::Tunnel &tunnel : TRY(kernel.tunnels()))
        snapshot.tunnels.emplace(tunnel.id, std::move(tunnel));
    for (netlink::Session &session : TRY(kernel.sessions())) {
        const auto tunnel = snapshot.tunnels.find(session.tunnel);
        if (tunnel == snapshot.tunnels.end() || !carries_pseudowires(tunnel->second) ||
            !is_pseudowire(session))
            continue;
        snapshot.states.push_back(state_of(kernel, tunnel->second, std::move(session)));
    }
    return snapshot;
}

Result<State> find(Kernel &kernel, std::string_view name) {
    const Snapshot snapshot = TRY(read(kernel));
    if (const State *state = snapshot.find(name))
        return *state;
    return fail(ErrorCode::NotFound, fmt::format("there is no pseudowire \"{}\"", name));
}

Status add(Kernel &kernel, Snapshot &snapshot, const Pseudowire &settings, const Ends &ends) {
    TRY(config::check(settings));
    const netlink::TunnelSpec spec =
        tunnel_of(settings, ends, TRY(index_of(kernel, settings.interface)));
    TRY(check_new(kernel, snapshot, settings, spec));

    Undo undo;
    const std::optional<TunnelId> shared = TRY(shared_tunnel(snapshot, settings, spec));
    const TunnelId tunnel = shared ? *shared : TRY(kernel.tunnel_add(spec));
    if (!shared)
        undo.by([&kernel, tunnel] { (void)kernel.tunnel_del(tunnel); });
    const netlink::SessionId session =
        TRY(kernel.session_add(tunnel, settings.session_id, session_of(settings))).id;
    undo.by([&kernel, session] { (void)kernel.session_del(session); });  // and its device
    // Path and overhead are known when both are there.
    const std::uint32_t overhead = TRY(kernel.session(session)).overhead;
    const netlink::Tunnel made = TRY(kernel.tunnel(tunnel));
    const netlink::LinkChange initial{.up = settings.enabled,
                                      .mtu = settings.mtu != 0 ? settings.mtu
                                                               : automatic_mtu(made.pmtu, overhead),
                                      .mac = settings.mac};
    TRY(kernel.link_add_ethernet(settings.name, session, initial));
    const netlink::Session whole = TRY(kernel.session(session));
    undo.not_needed();

    snapshot.tunnels[tunnel] = made;
    snapshot.states.push_back(state_of(kernel, made, whole));
    return {};
}

std::string_view wire_difference(const State &state, const Pseudowire &wanted, const Ends &ends) {
    const Pseudowire &is = state.settings;
    const netlink::TunnelSpec spec = tunnel_of(wanted, ends, 0);
    const netlink::TunnelSpec &old = state.tunnel.spec;
    if (old.xport != spec.xport)
        return "encap";
    if (!same_tunnel(old, spec)) {
        if (old.local_port != spec.local_port || old.peer_port != spec.peer_port)
            return old.local_port != spec.local_port ? "sport" : "dport";
        if (is.tunnel_id != wanted.tunnel_id || is.peer_tunnel_id != wanted.peer_tunnel_id)
            return is.tunnel_id != wanted.tunnel_id ? "tunnel-id" : "peer-tunnel-id";
        return old.remote != spec.remote ? "remote" : "local";
    }
    if (is.session_id != wanted.session_id)
        return "session-id";
    if (is.peer_session_id != wanted.peer_session_id)
        return "peer-session-id";
    if (is.sublayer != wanted.sublayer)
        return "sublayer";
    if (is.type != wanted.type)
        return "type";
    if (is.vlan_id != wanted.vlan_id)
        return "vlan-id";
    return is.scoped_ids != wanted.scoped_ids ? "scoped-ids" : "";
}

Status set(Kernel &kernel, const State &state, const Pseudowire &wanted) {
    TRY(config::check(wanted));
    const Ends ends{.local = state.tunnel.spec.local, .remote = state.tunnel.spec.remote};
    if (const std::string_view keyword = wire_difference(state, wanted, ends); !keyword.empty())
        return fail(ErrorCode::Refused,
                    fmt::format("pseudowire \"{}\": {} cannot be changed while it exists: delete "
                                "it and add it anew",
                                state.settings.name, keyword));
    const netlink::TunnelSpec &old_spec = state.tunnel.spec;
    netlink::TunnelSpec spec = tunnel_of(wanted, ends, old_spec.oif);
    if (wanted.interface != state.settings.interface)
        spec.oif = TRY(index_of(kernel, wanted.interface));
    // A tunnel that is shared may have been made with another's; only who says so changes that.
    if (wanted.dont_fragment == state.settings.dont_fragment &&
        (wanted.mtu == 0) == (state.settings.mtu == 0))
        spec.df = old_spec.df;
    const netlink::TunnelChange tunnel = change_of(old_spec, spec);
    const netlink::SessionChange old_session = session_of(state.settings);
    const netlink::SessionChange new_session = session_of(wanted);
    const netlink::SessionChange session = change_of(old_session, new_session);

    Undo undo;
    if (tunnel != netlink::TunnelChange{}) {
        TRY(kernel.tunnel_set(state.tunnel.id, tunnel));
        undo.by([&] { (void)kernel.tunnel_set(state.tunnel.id, change_of(spec, old_spec)); });
    }
    if (session != netlink::SessionChange{}) {
        TRY(kernel.session_set(state.session.id, session));
        undo.by([&] {
            (void)kernel.session_set(state.session.id, change_of(new_session, old_session));
        });
    }
    const netlink::LinkChange link = TRY(link_change(kernel, state, wanted));
    if (link != netlink::LinkChange{})
        TRY(kernel.link_set(state.link->index, link));
    undo.not_needed();
    return {};
}

Status enable(Kernel &kernel, const State &state, bool enabled) {
    Pseudowire wanted = state.settings;
    wanted.enabled = enabled;
    TRY(set(kernel, state, wanted));
    // Somebody may have changed the interface behind our back.
    const auto link = link_of(kernel, state.session);
    if (link && link->up != enabled)
        TRY(kernel.link_set(link->index, {.up = enabled}));
    return {};
}

Status del(Kernel &kernel, const State &state) {
    TRY(kernel.session_del(state.session.id));
    const auto tunnel = kernel.tunnel(state.tunnel.id);
    if (tunnel && tunnel->sessions == 0)
        TRY(kernel.tunnel_del(state.tunnel.id));
    return {};
}

}  // namespace rtun::pseudowire
