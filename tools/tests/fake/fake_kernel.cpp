// SPDX-License-Identifier: GPL-2.0-or-later
//
// The rules of uapi/linux/rtun.h over maps.
#include <tests/fake/fake_kernel.h>

#include <fmt/format.h>

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace rtun::fake {

using base::ErrorCode;
using netlink::LinkIndex;
using netlink::Route;
using netlink::SessionChange;
using netlink::SessionId;
using netlink::TunnelId;

namespace {

std::uint32_t number(TunnelId id) { return static_cast<std::uint32_t>(id); }
std::uint32_t number(SessionId id) { return static_cast<std::uint32_t>(id); }

tl::unexpected<base::Error> refused(int errnum, std::string text) {
    return base::fail(ErrorCode::Refused, std::move(text), errnum);
}
tl::unexpected<base::Error> no_tunnel(TunnelId id) {
    return base::fail(ErrorCode::NotFound, fmt::format("no tunnel {}", number(id)), ENOENT);
}
tl::unexpected<base::Error> no_session(SessionId id) {
    return base::fail(ErrorCode::NotFound, fmt::format("no session {}", number(id)), ENOENT);
}
// RFC 3931 sections 4.1.1 and 4.1.2, RFC 4719 section 2.2: what stands around an Ethernet frame.
std::uint32_t overhead_of(const netlink::TunnelSpec &spec, const netlink::Session &session) {
    std::uint32_t octets = spec.remote.v6() != nullptr ? 40 : 20;
    octets += spec.xport == netlink::Xport::L2tpv3Udp ? 8 + 4 : 0;
    octets += 4 + static_cast<std::uint32_t>(session.cookie_tx.size());
    octets += session.l2spec == netlink::L2Spec::Default ? 4 : 0;
    return octets + (session.pw_type == netlink::PwType::EthernetVlan ? 4 : 0);
}

// A Kernel that forwards everything and ends before its kernel does.
class Handle final : public netlink::Kernel {
public:
    explicit Handle(FakeKernel &kernel) : kernel_(kernel) {}
    ~Handle() override { kernel_.close_owner(); }

    base::Result<netlink::Info> info() override { return kernel_.info(); }
    base::Status bind_owner(std::string_view name) override { return kernel_.bind_owner(name); }
    base::Result<TunnelId> tunnel_add(const netlink::TunnelSpec &spec) override {
        return kernel_.tunnel_add(spec);
    }
    base::Status tunnel_set(TunnelId id, const netlink::TunnelChange &change) override {
        return kernel_.tunnel_set(id, change);
    }
    base::Status tunnel_del(TunnelId id) override { return kernel_.tunnel_del(id); }
    base::Result<netlink::Tunnel> tunnel(TunnelId id) override { return kernel_.tunnel(id); }
    base::Result<std::vector<netlink::Tunnel>> tunnels() override { return kernel_.tunnels(); }
    base::Result<NewSession> session_add(TunnelId tunnel, std::uint32_t local_id,
                                         const SessionChange &initial) override {
        return kernel_.session_add(tunnel, local_id, initial);
    }
    base::Status session_set(SessionId id, const SessionChange &change) override {
        return kernel_.session_set(id, change);
    }
    base::Status session_del(SessionId id) override { return kernel_.session_del(id); }
    base::Result<netlink::Session> session(SessionId id) override { return kernel_.session(id); }
    base::Result<std::vector<netlink::Session>> sessions() override { return kernel_.sessions(); }
    base::Status frame_send(SessionId id, base::View frame) override {
        return kernel_.frame_send(id, frame);
    }
    base::Result<netlink::Link> link_add(std::string_view name, SessionId session) override {
        return kernel_.link_add(name, session);
    }
    base::Result<netlink::Link> link_add_ethernet(std::string_view name, SessionId session,
                                                  const netlink::LinkChange &initial) override {
        return kernel_.link_add_ethernet(name, session, initial);
    }
    base::Result<netlink::Link> link_add_on_demand(std::string_view name) override {
        return kernel_.link_add_on_demand(name);
    }
    base::Result<std::vector<OnDemand>> links_on_demand() override {
        return kernel_.links_on_demand();
    }
    base::Status session_attach(SessionId id, LinkIndex link) override {
        return kernel_.session_attach(id, link);
    }
    base::Status session_detach(SessionId id) override { return kernel_.session_detach(id); }
    base::Status link_set(LinkIndex link, const netlink::LinkChange &change) override {
        return kernel_.link_set(link, change);
    }
    base::Result<netlink::LinkStatus> link_status(LinkIndex link) override {
        return kernel_.link_status(link);
    }
    base::Result<LinkIndex> link_index(std::string_view name) override {
        return kernel_.link_index(name);
    }
    base::Status link_up(LinkIndex link, std::uint32_t mtu) override {
        return kernel_.link_up(link, mtu);
    }
    base::Status link_del(LinkIndex link) override { return kernel_.link_del(link); }
    base::Result<std::string> link_name(LinkIndex link) override { return kernel_.link_name(link); }
    base::Status address_add(LinkIndex link, base::Ipv4 local, base::Ipv4 peer) override {
        return kernel_.address_add(link, local, peer);
    }
    base::Status address_del(LinkIndex link, base::Ipv4 local, base::Ipv4 peer) override {
        return kernel_.address_del(link, local, peer);
    }
    base::Status address_add6(LinkIndex link, std::uint64_t interface_id) override {
        return kernel_.address_add6(link, interface_id);
    }
    base::Status address_del6(LinkIndex link, std::uint64_t interface_id) override {
        return kernel_.address_del6(link, interface_id);
    }
    base::Status route_add(const Route &route) override { return kernel_.route_add(route); }
    base::Status route_del(const Route &route) override { return kernel_.route_del(route); }
    base::Status route_replace(const Route &route) override { return kernel_.route_replace(route); }
    base::Result<Route> way_around(base::Ipv4 destination,
                                   const std::vector<LinkIndex> &without) override {
        return kernel_.way_around(destination, without);
    }
    base::Result<Route> route_to(base::Ipv4 destination, std::uint32_t fwmark) override {
        return kernel_.route_to(destination, fwmark);
    }
    base::Result<std::vector<Route>> own_routes() override { return kernel_.own_routes(); }
    base::Status subscribe() override { return kernel_.subscribe(); }
    base::Status watch_routes() override { return kernel_.watch_routes(); }
    std::vector<int> descriptors() const override { return kernel_.descriptors(); }
    base::Result<std::vector<netlink::Event>> events() override { return kernel_.events(); }

private:
    FakeKernel &kernel_;
};

}  // namespace

FakeKernel::FakeKernel() : wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    RTUN_ASSERT(wake_.valid());
    underlay = Route{.destination = {},
                     .prefix_length = 0,
                     .gateway = base::Ipv4{0xc00002fe},  // 192.0.2.254
                     .oif = LinkIndex{2},
                     .source = base::Ipv4{0xc0000201},  // 192.0.2.1
                     .metric = 0};
}

FakeKernel::~FakeKernel() { disconnect(); }

// -- for the test

void FakeKernel::connect(FakeKernel &a, FakeKernel &b) {
    a.disconnect();
    b.disconnect();
    a.other_ = &b;
    b.other_ = &a;
}

void FakeKernel::disconnect() {
    if (other_ != nullptr)
        other_->other_ = nullptr;
    other_ = nullptr;
}

std::unique_ptr<netlink::Kernel> FakeKernel::handle() { return std::make_unique<Handle>(*this); }

void FakeKernel::close_owner() {
    if (!owner_)
        return;
    const std::string name = *owner_;
    owner_.reset();
    std::vector<TunnelId> dying;
    for (const auto &[id, tunnel] : tunnels_)
        if (tunnel.owner == name && tunnel.spec.lifetime == netlink::Lifetime::DiesWithOwner)
            dying.push_back(id);
    for (const TunnelId id : dying)
        remove_tunnel(id, "owner");
    // Sockets are gone, and with them what waited in them.
    subscribed_ = false;
    queue_.clear();
}

void FakeKernel::fail_next(std::string_view verb, base::Error error, int times) {
    failures_.push_back({std::string(verb), std::move(error), times});
}

void FakeKernel::inject(netlink::Event event) { push(std::move(event)); }

void FakeKernel::inject_frame(SessionId session, base::Bytes data) {
    const auto found = sessions_.find(session);
    RTUN_ASSERT(found != sessions_.end());
    receive_frame(found->second, data);
}

void FakeKernel::remove_tunnel(TunnelId id, const std::string &reason) {
    std::vector<SessionId> dying;
    for (const auto &[session, state] : sessions_)
        if (state.session.tunnel == id)
            dying.push_back(session);
    for (const SessionId session : dying)
        remove_session(session, reason == "request" ? "tunnel" : reason);
    if (tunnels_.erase(id) == 0)
        return;
    generation_++;
    tell(netlink::TunnelGone{id, reason});
}

void FakeKernel::remove_session(SessionId id, const std::string &reason) {
    const auto found = sessions_.find(id);
    if (found == sessions_.end())
        return;
    const TunnelId tunnel = found->second.session.tunnel;
    leave_bundle(found->second.session);
    for (auto &[other, state] : sessions_)
        if (state.session.bundle == id)
            leave_bundle(state.session);
    if (const auto device = found->second.session.device) {
        if (links_.contains(*device) && links_.at(*device).on_demand)
            links_.at(*device).session = SessionId{};
        else
            drop_link(*device);
    }
    sessions_.erase(id);
    if (const auto owner = tunnels_.find(tunnel); owner != tunnels_.end())
        owner->second.sessions--;
    generation_++;
    tell(netlink::SessionGone{id, tunnel, reason});
}

bool FakeKernel::send_packet(LinkIndex link, base::View packet) {
    const auto found = links_.find(link);
    RTUN_ASSERT(found != links_.end());
    const auto sender = sessions_.find(found->second.session);
    if (sender == sessions_.end() && found->second.up && found->second.on_demand)
        tell(netlink::Notice{.type = "demand", .value = static_cast<std::uint32_t>(link)});
    if (sender == sessions_.end() || !found->second.up)
        return false;
    netlink::Session &from = sender->second.session;
    const bool v4 = !packet.empty() && packet[0] >> 4 == 4;
    const bool v6 = !packet.empty() && packet[0] >> 4 == 6;
    const auto open = [&](const netlink::NetworkProtocols &np) {
        return (v4 && np.ipv4) || (v6 && np.ipv6);
    };
    if (!open(from.np)) {
        from.stats.drops[v4 || v6 ? "tx_np_closed" : "tx_proto"]++;
        return false;
    }
    if (from.mppe_required && !from.mppe_tx) {
        from.stats.drops["tx_mppe_clear"]++;
        return false;
    }
    from.stats.tx_packets++;
    from.stats.tx_bytes += packet.size();
    if (from.mppe_tx) {
        from.stats.tx_encrypted++;
        from.mppe_tx->count++;
    }
    SessionState *to = opposite(sender->second);
    if (to == nullptr)
        return false;
    netlink::Stats &stats = to->session.stats;
    if (!open(to->session.np)) {
        stats.drops["np_closed"]++;
        return false;
    }
    if (!to->session.device) {
        stats.drops["no_device"]++;
        return false;
    }
    if (!other_->links_.at(*to->session.device).up) {
        stats.drops["device_down"]++;
        return false;
    }
    stats.rx_packets++;
    stats.rx_bytes += packet.size();
    return true;
}

void FakeKernel::move_link(LinkIndex link, int netnsid) {
    sessions_.at(links_.at(link).session).session.netnsid = netnsid;
    links_.erase(link);
}

void FakeKernel::add_foreign_link(std::string_view name, std::string_view kind) {
    links_[LinkIndex{next_link_++}] =
        FakeLink{.name = std::string(name), .kind = std::string(kind)};
}

int FakeKernel::count(std::string_view verb) const {
    return static_cast<int>(std::count_if(calls_.begin(), calls_.end(), [&](const auto &line) {
        return line == verb || line.starts_with(std::string(verb) + " ");
    }));
}

bool FakeKernel::empty() const {
    return tunnels_.empty() && sessions_.empty() && links_.empty() && routes_.empty();
}

// -- inside

base::Status FakeKernel::called(std::string line) {
    if (dead)
        return base::fail(base::ErrorCode::NotFound, "the program is dead", ESRCH);
    const std::string verb = line.substr(0, line.find(' '));
    calls_.push_back(std::move(line));
    const auto failure = std::find_if(failures_.begin(), failures_.end(), [&](const Failure &f) {
        return f.verb == verb && f.times > 0;
    });
    if (failure == failures_.end())
        return {};
    failure->times--;
    return base::fail(failure->error);
}

void FakeKernel::push(netlink::Event event) {
    if (queue_.size() >= MaxEvents)
        overrun_ = true;
    else
        queue_.push_back(std::move(event));
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof(one));
}

void FakeKernel::tell(netlink::Event event) {
    if (subscribed_)
        push(std::move(event));
}

void FakeKernel::drop_link(LinkIndex link) {
    std::erase_if(routes_, [&](const Route &route) { return route.oif == link; });
    links_.erase(link);
}

void FakeKernel::leave_bundle(netlink::Session &link) {
    if (!link.bundle)
        return;
    sessions_.at(*link.bundle).session.multilink->links--;
    tell(netlink::Notice{.type = "link_left", .session = *link.bundle, .value = number(link.id)});
    link.bundle.reset();
}

// What can be refused of a link's or a bundle's change.
base::Status FakeKernel::check_bundle(const netlink::Session &session,
                                      const SessionChange &change) const {
    if (session.multilink && (change.bundle || change.link_rate || change.link_mtu))
        return refused(EOPNOTSUPP, "a bundle is no link of another one");
    if (!session.multilink && (change.mp_mode || change.mp_loss_time || change.mp_memory))
        return refused(EOPNOTSUPP, "only a bundle puts packets together");
    if (!change.bundle || *change.bundle == SessionId{} || session.bundle == change.bundle)
        return {};
    const auto found = sessions_.find(*change.bundle);
    if (found == sessions_.end() || !found->second.session.multilink)
        return refused(ENOENT, "no such bundle");
    if (session.bundle)
        return refused(EBUSY, "the session is a link of another bundle");
    if (session.device)
        return refused(EBUSY, "the session has a device of its own; detach it first");
    return {};
}

void FakeKernel::apply_bundle(netlink::Session &session, const SessionChange &change) {
    session.link_rate = change.link_rate.value_or(session.link_rate);
    session.link_latency = change.link_latency.value_or(session.link_latency);
    session.link_mtu = change.link_mtu.value_or(session.link_mtu);
    if (session.multilink) {
        netlink::Bundle &bundle = *session.multilink;
        bundle.mode = change.mp_mode.value_or(bundle.mode);
        bundle.min_fragment = change.mp_min_fragment.value_or(bundle.min_fragment);
        bundle.loss_time = change.mp_loss_time.value_or(bundle.loss_time);
        bundle.memory = change.mp_memory.value_or(bundle.memory);
        bundle.idle = change.mp_idle.value_or(bundle.idle);
        bundle.probe = change.mp_probe.value_or(bundle.probe);
    }
    if (!change.bundle || session.bundle == change.bundle)
        return;
    leave_bundle(session);
    if (*change.bundle == SessionId{})
        return;
    session.bundle = change.bundle;
    sessions_.at(*change.bundle).session.multilink->links++;
    tell(netlink::Notice{
        .type = "link_joined", .session = *change.bundle, .value = number(session.id)});
}

void FakeKernel::apply(SessionState &state, const SessionChange &change) {
    netlink::Session &session = state.session;
    apply_bundle(session, change);
    if (change.peer_id)
        session.peer_id = change.peer_id;
    session.flags = change.flags.value_or(session.flags);
    session.np = change.np.value_or(session.np);
    session.bridging = change.bridging.value_or(session.bridging);
    session.reorder_slots = change.reorder_slots.value_or(session.reorder_slots);
    session.reorder_timeout = change.reorder_timeout.value_or(session.reorder_timeout);
    session.peer_window = change.peer_window.value_or(session.peer_window);
    session.ack_delay = change.ack_delay.value_or(session.ack_delay);
    session.blob = change.blob.value_or(session.blob);
    session.pw_type = change.pw_type.value_or(session.pw_type);
    session.l2spec = change.l2spec.value_or(session.l2spec);
    if (change.vlan)
        session.vlan = change.vlan;
    session.sequence = change.sequence.value_or(session.sequence);
    session.cookie_tx = change.cookie_tx.value_or(session.cookie_tx);
    session.cookie_rx = change.cookie_rx.value_or(session.cookie_rx);
    session.cookie_grace = change.cookie_grace.value_or(session.cookie_grace);
    session.circuit_up = change.circuit_up.value_or(session.circuit_up);
    session.keepalive = change.keepalive.value_or(session.keepalive);
    session.dead_time = change.dead_time.value_or(session.dead_time);
    session.tx_window = change.tx_window.value_or(session.tx_window);
    session.static_rtt = change.static_rtt.value_or(session.static_rtt);
    session.disorder = change.disorder.value_or(session.disorder);
    session.disorder_rate = change.disorder_rate.value_or(session.disorder_rate);
    session.peer_offload = change.peer_offload.value_or(session.peer_offload);
    session.mppe_required = change.mppe_required.value_or(session.mppe_required);
    for (auto [told, kept] : {std::pair(&change.mppe_tx, &session.mppe_tx),
                              std::pair(&change.mppe_rx, &session.mppe_rx)})
        if (*told && (*told)->mode.bits == 0)
            kept->reset();
        else if (*told)
            *kept = netlink::MppeStatus{.mode = (*told)->mode};
    if (change.mppe_tx)
        state.key_tx = change.mppe_tx->start_key;
    if (change.mppe_rx)
        state.key_rx = change.mppe_rx->start_key;
    state.magic = change.magic.value_or(state.magic);
}

// Who gets what this session sends: found as the kernel does, by call id and then by addresses.
FakeKernel::SessionState *FakeKernel::opposite(const SessionState &sender) {
    if (sender.session.multilink)
        return opposite_bundle(sender);
    if (other_ == nullptr || other_->deaf || !sender.session.peer_id)
        return nullptr;
    const netlink::TunnelSpec &from = tunnels_.at(sender.session.tunnel).spec;
    bool call_known = false;
    for (auto &[id, state] : other_->sessions_) {
        if (state.session.local_id != *sender.session.peer_id)
            continue;
        call_known = true;
        const netlink::TunnelSpec &to = other_->tunnels_.at(state.session.tunnel).spec;
        if (to.local == from.remote && to.remote == from.local)
            return &state;
    }
    other_->stray_.drops[call_known ? "peer_addr" : "no_session"]++;
    return nullptr;
}

// The bundle of who is opposite to the first of our links that has somebody.
FakeKernel::SessionState *FakeKernel::opposite_bundle(const SessionState &sender) {
    for (const auto &[id, state] : sessions_) {
        if (state.session.bundle != sender.session.id)
            continue;
        const SessionState *link = opposite(state);
        if (link != nullptr && link->session.bundle)
            return &other_->sessions_.at(*link->session.bundle);
    }
    return nullptr;
}

void FakeKernel::receive_frame(SessionState &receiver, base::View frame) {
    netlink::Session &session = receiver.session;
    constexpr std::uint8_t EchoRequest = 9, EchoReply = 10;
    const bool lcp = frame.size() >= 10 && frame[0] == 0xc0 && frame[1] == 0x21;
    if (session.flags.echo_reply && lcp && frame[2] == EchoRequest) {
        session.stats.rx_echo++;
        base::Writer reply;
        reply.bytes(frame.first(2)).u8(EchoReply).bytes(frame.subspan(3, 3)).be32(receiver.magic);
        reply.bytes(frame.subspan(10));
        if (SessionState *back = opposite(receiver); back != nullptr)
            other_->receive_frame(*back, reply.view());
        return;
    }
    if (!owner_ || tunnels_.at(session.tunnel).owner != *owner_) {
        session.stats.drops["ctrl_no_owner"]++;
        return;
    }
    if (queue_.size() >= MaxEvents) {
        session.stats.drops["ctrl_overrun"]++;
        overrun_ = true;
        return;
    }
    session.stats.rx_control++;
    push(netlink::Frame{session.id, base::Bytes(frame.begin(), frame.end()), 0});
}

std::optional<LinkIndex> FakeKernel::link_named(std::string_view name) const {
    for (const auto &[index, link] : links_)
        if (link.name == name)
            return index;
    return std::nullopt;
}

// -- netlink::Kernel: the family

base::Result<netlink::Info> FakeKernel::info() {
    TRY(called("info"));
    return netlink::Info{.version = "fake",
                         .generation = generation_,
                         .tunnels = static_cast<std::uint32_t>(tunnels_.size()),
                         .sessions = static_cast<std::uint32_t>(sessions_.size()),
                         .stats = stray_};
}

base::Status FakeKernel::bind_owner(std::string_view name) {
    TRY(called(fmt::format("bind_owner {}", name)));
    if (owner_)
        return refused(EBUSY, fmt::format("owner \"{}\" is bound already", *owner_));
    owner_ = std::string(name);
    return {};
}

// A PPTP tunnel is somebody's. The tunnels of L2TPv3 have an id of their own, or none.
base::Status FakeKernel::check_tunnel(const netlink::TunnelSpec &spec) const {
    const bool pptp = spec.xport == netlink::Xport::Pptp;
    if (spec.xport == netlink::Xport::Mlppp) {
        if (spec.local == base::Address{} && spec.remote == base::Address{})
            return {};
        return refused(EINVAL, "multilink has no outer packets");
    }
    if (pptp && !owner_)
        return refused(EPERM, "no owner name is bound to this socket");
    if ((pptp && spec.local.unspecified()) || spec.remote.unspecified())
        return refused(EINVAL, "an address is missing");
    if ((spec.local.v6() != nullptr) != (spec.remote.v6() != nullptr) &&
        spec.local != base::Address{})
        return refused(EINVAL, "the addresses are of different families");
    for (const auto &[id, other] : tunnels_) {
        const bool same_version =
            (other.spec.xport == netlink::Xport::L2tpv2) == (spec.xport == netlink::Xport::L2tpv2);
        if (!pptp && spec.local_id && same_version && other.spec.local_id == spec.local_id)
            return base::fail(ErrorCode::Exists,
                              fmt::format("tunnel id {} is in use", *spec.local_id), EEXIST);
    }
    return {};
}

base::Result<TunnelId> FakeKernel::tunnel_add(const netlink::TunnelSpec &spec) {
    TRY(called(fmt::format("tunnel_add {} {}", spec.local.text(), spec.remote.text())));
    TRY(check_tunnel(spec));
    constexpr std::array names{"", "pptp", "l2tpv2", "l2tpv3-udp", "l2tpv3-ip", "mlppp"};
    const TunnelId id{next_tunnel_++};
    netlink::Tunnel &tunnel = tunnels_[id];
    tunnel = netlink::Tunnel{.id = id,
                             .spec = spec,
                             .owner = owner_.value_or(""),
                             .xport = names[static_cast<std::size_t>(spec.xport)],
                             .pmtu = path_mtu};
    if (spec.xport == netlink::Xport::L2tpv3Udp || spec.xport == netlink::Xport::L2tpv2) {
        tunnel.spec.local_port = spec.local_port.value_or(1701);
        tunnel.spec.peer_port = spec.peer_port.value_or(1701);
    }
    generation_++;
    tell(netlink::TunnelChanged{true, tunnel});
    return id;
}

base::Status FakeKernel::tunnel_set(TunnelId id, const netlink::TunnelChange &change) {
    std::string line = fmt::format("tunnel_set {}", number(id));
    if (change.fwmark)
        line += fmt::format(" fwmark {}", *change.fwmark);
    if (change.oif)
        line += fmt::format(" oif {}", *change.oif);
    if (change.ttl)
        line += fmt::format(" ttl {}", *change.ttl);
    if (change.tos)
        line += fmt::format(" tos {}", *change.tos);
    if (change.df)
        line += fmt::format(" df {}", static_cast<int>(*change.df));
    if (change.flags)
        line += fmt::format(" flags{}{}{}{}", change.flags->tos_inherit ? " tos-inherit" : "",
                            change.flags->zero_csum_tx ? " zero-csum-tx" : "",
                            change.flags->zero_csum6_rx ? " zero-csum6-rx" : "",
                            change.flags->peer_float ? " peer-float" : "");
    if (change.blob)
        line += fmt::format(" blob {}", change.blob->size());
    TRY(called(std::move(line)));
    const auto found = tunnels_.find(id);
    if (found == tunnels_.end())
        return no_tunnel(id);
    netlink::TunnelSpec &spec = found->second.spec;
    spec.fwmark = change.fwmark.value_or(spec.fwmark);
    spec.oif = change.oif.value_or(spec.oif);
    spec.ttl = change.ttl.value_or(spec.ttl);
    spec.tos = change.tos.value_or(spec.tos);
    spec.df = change.df.value_or(spec.df);
    spec.flags = change.flags.value_or(spec.flags);
    spec.blob = change.blob.value_or(spec.blob);
    generation_++;
    tell(netlink::TunnelChanged{false, found->second});
    return {};
}

base::Status FakeKernel::tunnel_del(TunnelId id) {
    TRY(called(fmt::format("tunnel_del {}", number(id))));
    if (!tunnels_.contains(id))
        return no_tunnel(id);
    remove_tunnel(id, "request");
    return {};
}

base::Result<netlink::Tunnel> FakeKernel::tunnel(TunnelId id) {
    TRY(called(fmt::format("tunnel {}", number(id))));
    const auto found = tunnels_.find(id);
    if (found == tunnels_.end())
        return no_tunnel(id);
    return found->second;
}

base::Result<std::vector<netlink::Tunnel>> FakeKernel::tunnels() {
    TRY(called("tunnels"));
    std::vector<netlink::Tunnel> all;
    for (const auto &[id, tunnel] : tunnels_)
        all.push_back(tunnel);
    return all;
}

// One call id belongs to one session of a peer, one session id to one of the namespace unless the
// tunnel says otherwise.
base::Status FakeKernel::check_session(const netlink::Tunnel &tunnel, std::uint32_t local_id,
                                       const SessionChange &initial) const {
    if (initial.bundle)
        return refused(EBUSY, "a session joins a bundle when it exists");
    if (tunnel.spec.xport == netlink::Xport::Mlppp)
        return local_id == 0 ? base::Status{}
                             : refused(EOPNOTSUPP, "a bundle has no id on the wire");
    const bool pptp = tunnel.spec.xport == netlink::Xport::Pptp;
    if (pptp && local_id > 0xffff)
        return refused(ERANGE, "call ids are 1 to 65535");
    const bool numbers = initial.sequence && (initial.sequence->send || initial.sequence->receive);
    if (!pptp && numbers && initial.l2spec.value_or(netlink::L2Spec::None) == netlink::L2Spec::None)
        return refused(EINVAL, "sequence numbers need the sublayer");
    const bool tagged = initial.pw_type == netlink::PwType::EthernetVlan;
    if (tagged != initial.vlan.has_value())
        return refused(EINVAL, "a VLAN id belongs to a VLAN pseudowire");
    for (const auto &[id, state] : sessions_) {
        const netlink::Tunnel &other = tunnels_.at(state.session.tunnel);
        const bool same_peer = other.spec.remote == tunnel.spec.remote;
        const bool same_space =
            pptp == (other.spec.xport == netlink::Xport::Pptp) &&
            (same_peer || (!pptp && !tunnel.spec.flags.scoped_ids && !other.spec.flags.scoped_ids));
        if (local_id != 0 && state.session.local_id == local_id && same_space)
            return base::fail(
                ErrorCode::Exists,
                fmt::format("{} id {} is in use", pptp ? "call" : "session", local_id), EEXIST);
    }
    return {};
}

base::Result<netlink::Kernel::NewSession>
FakeKernel::session_add(TunnelId tunnel, std::uint32_t local_id, const SessionChange &initial) {
    TRY(called(fmt::format("session_add {} {}{}", number(tunnel), local_id,
                           initial.mppe_required.value_or(false) ? " mppe_required" : "")));
    const auto found = tunnels_.find(tunnel);
    if (found == tunnels_.end())
        return no_tunnel(tunnel);
    TRY(check_session(found->second, local_id, initial));
    const bool bundle = found->second.spec.xport == netlink::Xport::Mlppp;
    const bool pptp = found->second.spec.xport == netlink::Xport::Pptp;
    while (local_id == 0 && !bundle) {
        if (check_session(found->second, next_call_, initial))
            local_id = next_call_;
        next_call_++;
    }

    const SessionId id{next_session_++};
    SessionState state;
    state.session.id = id;
    state.session.tunnel = tunnel;
    state.session.local_id = local_id;
    if (bundle)
        state.session.multilink =
            netlink::Bundle{.spec = initial.multilink.value_or(netlink::MultilinkSpec{}),
                            .min_fragment = 128,
                            .loss_time = 100,
                            .memory = 1U << 20U};
    state.session.reorder_slots = 256;
    state.session.reorder_timeout = 50;
    state.session.peer_window = 16;
    state.session.ack_delay = 100;
    if (!pptp && !bundle) {
        state.session.pw_type = netlink::PwType::Ethernet;
        state.session.cookie_grace = 30000;
    }
    apply(state, initial);
    if (!pptp && !bundle)
        state.session.overhead = overhead_of(found->second.spec, state.session);
    found->second.sessions++;
    generation_++;
    tell(netlink::SessionChanged{true, state.session});
    sessions_.emplace(id, std::move(state));
    return NewSession{id, local_id};
}

base::Status FakeKernel::session_set(SessionId id, const SessionChange &change) {
    std::string line = fmt::format("session_set {}", number(id));
    if (change.peer_id)
        line += fmt::format(" peer_id {}", *change.peer_id);
    if (change.flags)
        line += fmt::format(" flags {}{}{}{}", change.flags->pfc_rx ? "+pfc_rx" : "",
                            change.flags->pfc_tx ? "+pfc_tx" : "",
                            change.flags->acfc_tx ? "+acfc_tx" : "",
                            change.flags->echo_reply ? "+echo_reply" : "");
    if (change.np)
        line += fmt::format(" np {}{}{}", change.np->ipv4 ? "+ipv4" : "",
                            change.np->ipv6 ? "+ipv6" : "", change.np->bridge ? "+bridge" : "");
    if (change.bridging)
        line +=
            fmt::format(" bridging {}{}{}{}", change.bridging->tinygram_rx ? "+tinygram_rx" : "",
                        change.bridging->tinygram_tx ? "+tinygram_tx" : "",
                        change.bridging->tagged_tx ? "+tagged_tx" : "",
                        change.bridging->management_tx ? "+management_tx" : "");
    if (change.sequence)
        line += fmt::format(" sequence {}{}", change.sequence->send ? "+send" : "",
                            change.sequence->receive ? "+receive" : "");
    if (change.cookie_tx)
        line += fmt::format(" cookie_tx {}", base::to_hex(*change.cookie_tx));
    if (change.cookie_rx)
        line += fmt::format(" cookie_rx {}", base::to_hex(*change.cookie_rx));
    if (change.mppe_required)
        line += fmt::format(" mppe_required {}", *change.mppe_required ? "yes" : "no");
    const auto mode = [](const netlink::Mppe &mppe) { return std::optional(mppe.mode); };
    if (change.mppe_tx)
        line += fmt::format(" mppe_tx {}",
                            netlink::encoding(mode(*change.mppe_tx), mode(*change.mppe_tx)));
    if (change.mppe_rx)
        line += fmt::format(" mppe_rx {}",
                            netlink::encoding(mode(*change.mppe_rx), mode(*change.mppe_rx)));
    if (change.circuit_up)
        line += fmt::format(" circuit {}", *change.circuit_up ? "up" : "down");
    if (change.bundle)
        line += fmt::format(" bundle {}", number(*change.bundle));
    TRY(called(std::move(line)));
    const auto found = sessions_.find(id);
    if (found == sessions_.end())
        return no_session(id);
    if (change.peer_id && found->second.session.peer_id)
        return refused(EBUSY, "the peer's call id is known already");
    for (const auto &mppe : {change.mppe_tx, change.mppe_rx})
        if (mppe && mppe->mode.rekey_on_flush && !mppe->mode.stateful)
            return refused(EINVAL, "stateless packets always have a new key");
    TRY(check_bundle(found->second.session, change));
    apply(found->second, change);
    generation_++;
    tell(netlink::SessionChanged{false, found->second.session});
    return {};
}

base::Status FakeKernel::session_del(SessionId id) {
    TRY(called(fmt::format("session_del {}", number(id))));
    if (!sessions_.contains(id))
        return no_session(id);
    remove_session(id, "request");
    return {};
}

base::Result<netlink::Session> FakeKernel::session(SessionId id) {
    TRY(called(fmt::format("session {}", number(id))));
    const auto found = sessions_.find(id);
    if (found == sessions_.end())
        return no_session(id);
    return found->second.session;
}

base::Result<std::vector<netlink::Session>> FakeKernel::sessions() {
    TRY(called("sessions"));
    std::vector<netlink::Session> all;
    for (const auto &[id, state] : sessions_)
        all.push_back(state.session);
    return all;
}

base::Status FakeKernel::frame_send(SessionId id, base::View frame) {
    TRY(called(fmt::format("frame_send {} {}", number(id), base::to_hex(frame))));
    const auto found = sessions_.find(id);
    if (found == sessions_.end())
        return no_session(id);
    if (frame.size() < 2 || frame.size() > 4096)
        return refused(ERANGE, "a frame has 2 to 4096 octets");
    if (frame[0] < 0x40)
        return refused(EINVAL, "network protocols belong to the device");
    if (!found->second.session.peer_id && !found->second.session.multilink)
        return refused(ENOTCONN, "the peer's call id is not known yet");
    sent_.push_back({id, base::Bytes(frame.begin(), frame.end())});
    found->second.session.stats.tx_control++;
    if (on_frame && !on_frame(id, frame))
        return {};
    if (SessionState *to = opposite(found->second); to != nullptr)
        other_->receive_frame(*to, frame);
    return {};
}

// -- netlink::Kernel: what the kernel says by itself

base::Status FakeKernel::subscribe() {
    TRY(called("subscribe"));
    subscribed_ = true;
    return {};
}

std::vector<int> FakeKernel::descriptors() const { return {wake_.get()}; }

base::Result<std::vector<netlink::Event>> FakeKernel::events() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(wake_.get(), &count, sizeof(count));
    std::vector<netlink::Event> all(std::make_move_iterator(queue_.begin()),
                                    std::make_move_iterator(queue_.end()));
    queue_.clear();
    if (std::exchange(overrun_, false))
        all.emplace_back(netlink::Overrun{});
    return all;
}

}  // namespace rtun::fake
