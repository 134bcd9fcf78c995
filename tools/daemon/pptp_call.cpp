// SPDX-License-Identifier: GPL-2.0-or-later
//
// How a call goes up, and how it goes down. Every input ends in settle(), which lets the engines
// have their way until they are quiet; the handlers in between only feed.
#include <daemon/pptp_call.h>

#include <daemon/bridge_port.h>
#include <daemon/drive.h>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

namespace rtun::daemon {

using base::ErrorCode;

namespace {

constexpr std::uint32_t AllMapped = 0xFFFFFFFF;  // ACCM of Set-Link-Info, RFC 2637 section 2.15

// What pptp-linux sends for the modem "Orckit ATUR3" of Bezeq, Israel, which knows no other.
constexpr std::string_view OrckitName = "RELAY_PPP1";
constexpr std::string_view OrckitVendor = "MS Win NT";

}  // namespace

PptpCall::PptpCall(const Ground &ground, Plan plan, std::function<void()> wake)
    : ground_(ground), plan_(std::move(plan)), wake_(std::move(wake)),
      plumbing_(ground.kernel, ground.routes) {
    if (plan_.client.add_default_route)
        wanted_route_ = DefaultRoute{.distance = plan_.client.default_route_distance,
                                     .pin_server = plan_.client.host_route};
    if (plan_.device)
        plumbing_.borrow(*plan_.device);
}

// -- up: TCP, then the kernel's half, then the control connection

void PptpCall::start(base::Time now) {
    limit_ = now + ConnectTimeout;
    auto stream = ground_.world.connect({.address = plan_.server,
                                         .port = plan_.port,
                                         .source = plan_.source,
                                         .fwmark = plan_.client.fwmark,
                                         .device = plan_.bind},
                                        handlers());
    if (stream) {
        stream_ = std::move(*stream);
    } else {
        tcp_closed_ = true;
        end({Layer::Tcp, Side::Local, stream.error().code, stream.error().text});
    }
    settle(now);
}

StreamHandlers PptpCall::handlers() {
    StreamHandlers handlers;
    handlers.connected = [this] { connected(); };
    handlers.received = [this](base::View octets) { received(octets); };
    handlers.closed = [this](const base::Error &error) { closed(error); };
    handlers.drained = [this] {
        settle(ground_.world.now());
        wake_();
    };
    return handlers;
}

void PptpCall::connected() {
    const base::Time now = ground_.world.now();
    tcp_connected_ = true;
    outputs_.emplace_back(TcpUp{});
    // Its number, as of now: the interface may have gone and come since the last call.
    base::Result<netlink::LinkIndex> oif = netlink::LinkIndex{};
    if (!reason_ && !plan_.bind.empty())
        if (oif = ground_.kernel.link_index(plan_.bind); !oif)
            end(kernel_reason(oif.error()));
    if (!reason_) {
        limit_.reset();
        netlink::TunnelSpec tunnel;
        tunnel.oif = static_cast<std::uint32_t>(*oif);
        tunnel.local = stream_->local();
        tunnel.remote = plan_.server;
        tunnel.lifetime = plan_.lifetime;
        tunnel.fwmark = plan_.client.fwmark;
        tunnel.blob = plan_.blob;
        netlink::SessionChange session;
        session.reorder_slots = plan_.client.reorder_slots;
        session.reorder_timeout = static_cast<std::uint32_t>(plan_.client.reorder_time.count());
        if (plan_.client.test_type != 0) {
            session.disorder = plan_.client.test_type;
            session.disorder_rate = plan_.client.test_rate;
        }
        // From the first moment, so that there is none in which packets could leave in clear.
        if (plan_.client.encryption == ppp::Encryption::Required)
            session.mppe_required = true;
        // Before the Outgoing-Call-Request: the call id has to be unique among all tunnels of the
        // host, and the first frame of a quick peer needs somewhere to go.
        if (const auto made = plumbing_.open(tunnel, session); made) {
            control_.emplace(control_options(), pptp::CallId{plumbing_.call_id()}, ground_.random);
            control_->start(now);
        } else {
            end(kernel_reason(made.error()));
        }
    }
    settle(now);
    wake_();
}

void PptpCall::received(base::View octets) {
    const base::Time now = ground_.world.now();
    heard_ = true;
    if (control_ && !control_ended_)
        control_->receive(octets, now);
    settle(now);
    wake_();
}

void PptpCall::closed(const base::Error &error) {
    const base::Time now = ground_.world.now();
    tcp_closed_ = true;
    if (control_ && !control_ended_)
        control_->connection_lost(now, error.text);
    else if (!control_reason_)  // else the link's last words decide
        end({Layer::Tcp, Side::Peer, error.code, error.text});
    settle(now);
    wake_();
}

pptp::ControlOptions PptpCall::control_options() const {
    pptp::ControlOptions options;
    options.host_name = ground_.world.host_name();
    options.phone_number = plan_.client.phone;
    options.echo_interval = plan_.client.echo_interval;
    options.echo_timeout = plan_.client.echo_timeout;
    if (plan_.client.quirks == config::Quirks::BezeqIsrael) {
        options.host_name = OrckitName;
        options.vendor = OrckitVendor;
        options.phone_number = OrckitName;
    }
    return options;
}

void PptpCall::on(pptp::SendBytes &output) {
    if (tcp_closed_ || !stream_ || stream_->send(output.bytes))
        return;
    end({Layer::Tcp, Side::Peer, ErrorCode::Closed,
         fmt::format("the server does not read what is sent to it ({} octets wait)",
                     stream_->queued())});
}

void PptpCall::on(pptp::ControlUp &output) {
    server_host_ = output.host_name;
    server_vendor_ = output.vendor;
    outputs_.emplace_back(ControlUp{output.host_name, output.vendor});
}

void PptpCall::on(pptp::CallUp &output) {
    if (reason_)
        return;
    netlink::SessionChange change;
    change.peer_id = static_cast<std::uint16_t>(output.peer);
    if (output.peer_window > 0)
        change.peer_window = output.peer_window;
    if (server_vendor_ == pptp::OwnVendor)
        change.peer_offload = true;
    if (const auto set = plumbing_.set(change); !set) {
        end(kernel_reason(set.error()));
        return;
    }
    peer_call_ = static_cast<std::uint16_t>(output.peer);
    outputs_.emplace_back(Reached{static_cast<std::uint16_t>(output.local),
                                  static_cast<std::uint16_t>(output.peer), server_host_,
                                  server_vendor_});
    const base::Time now = ground_.world.now();
    link_.emplace(link_options(), ground_.random);
    link_->open(now);
    for (const base::Bytes &early : std::exchange(held_, {}))
        link_->receive(early, now);
}

void PptpCall::on(pptp::Ended &output) {
    control_ended_ = true;
    if (link_ && !link_ended_ && !reason_) {
        // The link may know better, or learn it now: a wrong password makes servers hang up, too.
        control_reason_ = reason_of(output.reason);
        last_words_ = ground_.world.now() + LastWords;
        return;
    }
    end(reason_of(output.reason));
    if (link_ && !link_ended_)
        link_->lower_down(ground_.world.now());
}

// -- up: PPP

ppp::LinkOptions PptpCall::link_options() const {
    ppp::LinkOptions options;
    options.allow = plan_.client.allow;
    options.credentials = plan_.credentials;
    options.mtu = link_mtu(plan_.client.max_mtu);
    options.multilink = plan_.multilink;
    options.mru =
        plan_.client.max_mru != 0 ? plan_.client.max_mru : automatic_mru(plumbing_.path_mtu());
    options.request_dns = plan_.client.use_peer_dns != config::PeerDns::No;
    options.ipv6 = plan_.client.ipv6;
    options.encryption = plan_.client.encryption.value_or(ppp::Encryption::Auto);
    options.mppe = plan_.client.mppe;
    options.mppe_stateful = plan_.client.mppe_stateful;
    options.keepalive = plan_.client.keepalive;
    options.bridge = bridge_options(ground_.world, plan_.client);
    return options;
}

void PptpCall::on(ppp::SendFrame &output) {
    if (!plumbing_.session_id())
        return;
    const auto sent = plumbing_.send(output.frame);
    if (sent)
        return;
    // A full queue or a missing route is as a packet lost on the way: PPP repeats. A session that
    // is not there any more is the end.
    counters_.send_failed++;
    if (sent.error().code == ErrorCode::NotFound)
        end({Layer::Kernel, Side::Local, ErrorCode::Refused, "the session is gone from the kernel",
             Cause::SessionDeleted});
}

void PptpCall::on(ppp::PhaseChanged &output) {
    switch (output.phase) {
    case ppp::Phase::Authenticate:
        outputs_.emplace_back(Verifying{});
        break;
    case ppp::Phase::Establish:
        if (std::exchange(lcp_open_, false) && !reason_)
            if (const auto set = plumbing_.set(nothing_agreed()); !set)
                end(kernel_reason(set.error()));
        break;
    case ppp::Phase::Dead:
    case ppp::Phase::Network:
    case ppp::Phase::Terminate:
        break;
    }
}

void PptpCall::on(ppp::LcpOpened &output) {
    if (reason_)
        return;
    lcp_ = output;
    link_mtu_ = output.mtu;
    encrypts_ = false;
    if (const auto set = plumbing_.set(agreed(output)); !set) {
        end(kernel_reason(set.error()));
        return;
    }
    lcp_open_ = true;
    outputs_.emplace_back(LcpUp{output.mtu, output.mru, output.method});
    if (plan_.multilink && !output.multilink)
        outputs_.emplace_back(NoMultilink{output.multilink_refused});
    if (control_ && !control_ended_)
        control_->set_link_info(AllMapped, AllMapped);
}

void PptpCall::on(ppp::Authenticated &output) {
    outputs_.emplace_back(Verified{output.method, output.message});
}

// A client does not ask the server who it is: LinkOptions::require is empty.
void PptpCall::on(ppp::Verify &) {}
void PptpCall::on(ppp::PeerAuthenticated &) {}
void PptpCall::on(ppp::PeerRefused &) {}

void PptpCall::on(ppp::EncryptionUp &output) {
    if (reason_)
        return;
    const netlink::SessionChange change = encrypted(output, plan_.client.mppe_resync);
    if (const auto set = plumbing_.set(change); !set) {
        end(kernel_reason(set.error()));
        return;
    }
    link_mtu_ = output.mtu;
    encrypts_ = output.send.has_value();
    if (up_)
        fit_mtu(plumbing_.path_mtu());
    outputs_.emplace_back(Encoding{netlink::encoding(change.mppe_tx->mode, change.mppe_rx->mode),
                                   netlink::insecure(change.mppe_tx->mode, change.mppe_rx->mode),
                                   up_ ? std::optional(mtu_) : std::nullopt});
}

void PptpCall::on(ppp::EncryptionDown &) {
    if (!plumbing_.session_id())
        return;
    if (const auto set = plumbing_.set(not_encrypted()); !set)
        end(kernel_reason(set.error()));
    outputs_.emplace_back(Encoding{netlink::encoding({}, {}), false, std::nullopt});
}

void PptpCall::on(ppp::EncryptionRefused &output) {
    if (!reason_)
        outputs_.emplace_back(NotEncrypted{output.text});
}

DeviceMtu PptpCall::fitting(std::uint32_t path) const {
    const DeviceMtu packets = daemon::device_mtu(link_mtu_, plan_.client.max_mtu, path,
                                                 encrypts_ ? Clear::No : Clear::Yes);
    return plan_.client.port.bridge.empty() ? packets : bridged(packets);
}

std::uint32_t PptpCall::device_mtu(std::uint32_t path) {
    const DeviceMtu fits = fitting(path);
    if (fits.lowered())
        outputs_.emplace_back(MtuLowered{fits.mtu, fits.wanted, fits.path, fits.ours});
    return fits.mtu;
}

void PptpCall::on(ppp::Ipv4Up &output) {
    if (reason_)
        return;
    // As an address of ours it would keep everything for the server in this host, the tunnel first.
    if (output.local == plan_.server) {
        end({Layer::Ppp, Side::Local, ErrorCode::Refused,
             fmt::format("the server gives us its own address {}", output.local.text())});
        return;
    }
    // A server may use its public address inside as well. A route to that one through the device
    // would take the tunnel's own packets, and the control connection, into the tunnel.
    const bool routable = output.remote != plan_.server;
    mtu_ = device_mtu(plumbing_.path_mtu());
    const auto made = plumbing_.ipv4_up({.interface = plan_.interface,
                                         .mtu = mtu_,
                                         .local = output.local,
                                         .remote = routable ? output.remote : base::Ipv4{}});
    if (!made) {
        end(kernel_reason(made.error()));
        return;
    }
    went_up({plumbing_.device()->name, output.local, output.remote, output.dns, mtu_, lcp_.mru});
    if (!routable)
        outputs_.emplace_back(NoPeerRoute{output.remote});
    set_default_route(wanted_route_);
}

void PptpCall::went_up(Up up) {
    up_ = true;
    begin_keeping();
    carried_at_ = ground_.world.now();
    carried_ = 0;
    check_idle(carried_at_);
    outputs_.emplace_back(std::move(up));
}

void PptpCall::on(ppp::BridgeUp &output) {
    if (reason_)
        return;
    mtu_ = device_mtu(plumbing_.path_mtu());
    const config::BridgePort &port = plan_.client.port;
    // The device has it also where the peer would not be told.
    if (const auto ours = bridge_options(ground_.world, plan_.client))
        output.local = ours->mac;
    const auto made = plumbing_.bridge_up({.interface = plan_.interface,
                                           .mtu = mtu_,
                                           .mac = output.local,
                                           .flags = bridging(output),
                                           .port = port});
    if (!made) {
        end(kernel_reason(made.error()));
        return;
    }
    went_up({.interface = plumbing_.device()->name,
             .local = {},
             .remote = {},
             .dns = {},
             .mtu = mtu_,
             .mru = lcp_.mru,
             .bridging = output,
             .bridge = port.bridge});
}

void PptpCall::on(ppp::BridgeDown &) {
    plumbing_.bridge_down();
    idle_check_.reset();
    if (std::exchange(up_, false))
        outputs_.emplace_back(Down{});
}

void PptpCall::on(ppp::Ipv4Down &) {
    plumbing_.ipv4_down();
    idle_check_.reset();
    if (std::exchange(up_, false))
        outputs_.emplace_back(Down{});
}

// IPv6 comes on top: a host that does not want it on this device has its IPv4 all the same.
void PptpCall::on(ppp::Ipv6Up &output) {
    if (reason_)
        return;
    // If it is before IPv4, that will tell of an MTU that is lowered.
    const auto made = plumbing_.ipv6_up({.interface = plan_.interface,
                                         .mtu = up_ ? mtu_ : fitting(plumbing_.path_mtu()).mtu,
                                         .interface_id = output.local_interface_id});
    outputs_.emplace_back(Ipv6{output.local_interface_id, output.remote_interface_id,
                               made ? std::string() : made.error().text});
}

void PptpCall::on(ppp::Ipv6Down &) { plumbing_.ipv6_down(); }

void PptpCall::on(ppp::MultilinkReady &output) {
    if (reason_)
        return;
    member_ = true;
    begin_keeping();
    outputs_.emplace_back(LinkReady{output, lcp_.mtu});
}

void PptpCall::on(ppp::MultilinkDown & /*output*/) {
    if (!std::exchange(member_, false))
        return;
    // Refused: it has gone, and with it whatever it was a link of. What comes next may be a call
    // without multilink.
    const bool required = plan_.client.encryption == ppp::Encryption::Required;
    if (plumbing_.session_id())
        (void)plumbing_.set({.mppe_required = required, .bundle = netlink::SessionId{}});
    outputs_.emplace_back(LinkLeft{});
}

void PptpCall::on(ppp::BundleFrame &output) { outputs_.emplace_back(ForBundle{output.frame}); }

void PptpCall::on(ppp::Ended &output) {
    link_ended_ = true;
    last_words_.reset();
    if (output.reason.kind == ppp::EndReason::Kind::LowerDown && control_reason_)
        end(*control_reason_);
    else
        end(reason_of(output.reason, link_->counters()));
}

// -- while it is up

// What has to be encrypted is so in the bundle, before it is cut to pieces for its links.
base::Status PptpCall::join(netlink::SessionId bundle, std::uint32_t rate) {
    if (!member_)
        return base::fail(ErrorCode::Closed, "the link has left already");
    return plumbing_.set({.mppe_required = false,
                          .bundle = bundle,
                          .link_rate = rate,
                          .link_mtu = std::uint32_t{lcp_.mtu}});
}

bool PptpCall::negotiates() const {
    return !reason_ && link_ && !link_ended_ && link_->phase() != ppp::Phase::Dead &&
           link_->phase() != ppp::Phase::Terminate;
}

base::Status PptpCall::set_rate(std::uint32_t rate) { return plumbing_.set({.link_rate = rate}); }

// One that is of no bundle has no links.
bool PptpCall::set_links(const config::Client & /*client*/, base::Time /*now*/) { return false; }

void PptpCall::set_default_route(std::optional<DefaultRoute> wanted) {
    wanted_route_ = wanted;
    if (!up_)
        return;
    // The tunnel itself is of use without the route, so this does not end it; but it is said.
    if (const auto set = plumbing_.set_default_route(wanted); !set)
        outputs_.emplace_back(RouteFailed{set.error().text});
    else if (wanted && !plumbing_.default_route_wins())
        outputs_.emplace_back(RouteFailed{
            wanted->distance == 0
                ? std::string("a rule or a more specific route comes first")
                : fmt::format("another one comes first, its metric is smaller than {}: set "
                              "default-route-distance 0",
                              wanted->distance)});
}

base::Status PptpCall::set_order(const config::Client &client) {
    const bool tests = plan_.client.test_type != 0 || client.test_type != 0;
    plan_.client.reorder_slots = client.reorder_slots;
    plan_.client.reorder_time = client.reorder_time;
    plan_.client.test_type = client.test_type;
    plan_.client.test_rate = client.test_rate;
    if (!plumbing_.session_id())
        return {};
    netlink::SessionChange change;
    change.reorder_slots = client.reorder_slots;
    change.reorder_timeout = static_cast<std::uint32_t>(client.reorder_time.count());
    if (tests) {
        change.disorder = client.test_type;
        change.disorder_rate = client.test_rate;
    }
    return plumbing_.set(change);
}

void PptpCall::kernel_event(const netlink::Event &event, base::Time now) {
    if (ended_)
        return;
    const auto gone = [&](std::string text) {
        end({Layer::Kernel, Side::Local, ErrorCode::Refused, std::move(text),
             Cause::SessionDeleted});
        if (link_ && !link_ended_)
            link_->lower_down(now);
    };
    if (const auto *arrived = std::get_if<netlink::Frame>(&event)) {
        if (plumbing_.owns(arrived->session))
            frame(*arrived, now);
    } else if (const auto *session = std::get_if<netlink::SessionGone>(&event)) {
        if (plumbing_.owns(session->id))
            gone("the session was deleted in the kernel");
    } else if (const auto *tunnel = std::get_if<netlink::TunnelGone>(&event)) {
        if (plumbing_.owns(tunnel->id))
            gone("the tunnel was deleted in the kernel");
    } else if (const auto *changed = std::get_if<netlink::SessionChanged>(&event)) {
        if (plumbing_.owns(changed->session.id) && up_ && !changed->session.device)
            check_session(now);
    } else if (const auto *notice = std::get_if<netlink::Notice>(&event)) {
        const bool mine = (notice->tunnel && plumbing_.owns(*notice->tunnel)) ||
                          (notice->session && plumbing_.owns(*notice->session));
        if (mine && notice->type == "pmtu" && notice->value)
            path_mtu_changed(*notice->value);
        else if (mine && notice->type == "carrier" && up_)
            check_session(now);
    } else if (std::holds_alternative<netlink::Overrun>(event)) {
        check_session(now);
    }
    settle(now);
}

void PptpCall::frame(const netlink::Frame &frame, base::Time now) {
    counters_.overrun += frame.overrun;
    heard_ = true;
    if (link_) {
        if (!link_ended_)
            link_->receive(frame.data, now);
    } else if (held_.size() < MaxHeld) {
        held_.push_back(frame.data);
    } else {
        counters_.held_dropped++;
    }
}

// Somebody may have deleted the session, or the device, which detaches it. What an event said may
// be older than what we have done since, so the kernel is asked.
void PptpCall::check_session(base::Time now) {
    recheck_.asked();
    if (!plumbing_.session_id() || reason_)
        return;
    const auto session = plumbing_.session();
    if (!session && session.error().code != ErrorCode::NotFound) {
        recheck_.failed(now);
        return;
    }
    recheck_.answered();
    if (session && (session->device || !up_))
        return;
    end({Layer::Kernel, Side::Local, ErrorCode::Refused,
         session ? fmt::format("interface {} was deleted", plumbing_.device()->name)
                 : "the session was deleted in the kernel",
         session ? Cause::InterfaceDeleted : Cause::SessionDeleted});
    if (link_ && !link_ended_) {
        if (session)
            link_->close(now, "interface deleted");
        else
            link_->lower_down(now);
    }
}

void PptpCall::path_mtu_changed(std::uint32_t path) {
    if (up_)
        fit_mtu(path);
}

void PptpCall::fit_mtu(std::uint32_t path) {
    const std::uint32_t mtu = device_mtu(path);
    if (mtu != mtu_ && plumbing_.set_mtu(mtu))
        mtu_ = mtu;
}

// Data goes past the engine. Only when its keepalive is about to ask the peer for a sign of life
// are the counters read, to see whether there was one.
void PptpCall::keepalive(base::Time now) {
    const auto session = plumbing_.session();
    if (!session)
        return;
    note_carried(session->stats, now);
    if (frames_seen(session->stats) != std::exchange(traffic_, frames_seen(session->stats)))
        link_->traffic_seen(now);
}

// The kernel counts and keeps no times, so it is known when the counters were found changed: by the
// keepalive, by somebody who asks, and with an idle-timeout now and then.
void PptpCall::note_carried(const netlink::Stats &stats, base::Time now) {
    if (std::exchange(carried_, packets_carried(stats)) != packets_carried(stats))
        carried_at_ = now;
}

std::optional<base::Duration> PptpCall::idle(base::Time now) {
    if (!up_)
        return std::nullopt;
    if (const auto session = plumbing_.session())
        note_carried(session->stats, now);
    return now - carried_at_;
}

void PptpCall::check_idle(base::Time now) {
    using std::chrono::seconds;
    const seconds timeout = plan_.client.idle_timeout;
    idle_check_.reset();
    if (timeout == seconds::zero())
        return;
    if (idle(now).value_or(base::Duration::zero()) >= timeout) {
        stop(now,
             user_reason(fmt::format("nothing was carried for {}", base::format_uptime(timeout))));
        return;
    }
    const seconds interval = std::clamp(timeout / 10, MinIdleCheck, MaxIdleCheck);
    idle_check_ = std::min<base::Time>(now + interval, carried_at_ + timeout);
}

// -- down

void PptpCall::stop(base::Time now, Reason reason) {
    if (ended_)
        return;
    heard_ = true;
    const std::string text = reason.text;
    const bool first = !reason_;
    end(std::move(reason));
    if (first && link_ && !link_ended_)
        link_->close(now, text);
    settle(now);
}

void PptpCall::abort(Reason reason) {
    if (ended_)
        return;
    end(std::move(reason));
    finish();
}

void PptpCall::end(Reason reason) {
    if (!reason_)
        reason_ = std::move(reason);
}

void PptpCall::settle(base::Time now) {
    const auto handle = [this](auto &output) { on(output); };
    bool moved = std::exchange(heard_, false);
    for (bool busy = true; busy && !ended_;) {
        busy = false;
        if (control_)
            busy = drain(*control_, handle);
        if (link_)
            busy = drain(*link_, handle) || busy;
        if (reason_ && !busy)
            busy = wind_down(now);
        moved = moved || busy;
    }
    if (moved)
        save();
}

// One step down: first the link, then the call and the control connection, then what the kernel
// has, then the last octets. True: the engines have something to do.
bool PptpCall::wind_down(base::Time now) {
    if (link_ && !link_ended_) {
        // Terminating, or there is nothing any more to terminate over.
        if (link_->phase() != ppp::Phase::Terminate) {
            link_->lower_down(now);
            return true;
        }
        return false;
    }
    if (control_ && !control_ended_) {
        if (std::exchange(control_stopped_, true))
            return false;
        control_->stop(now, reason_->text);
        return true;
    }
    if (!flushing_) {
        flushing_ = true;
        last_stats_ = plumbing_.close();
        limit_ = now + FlushTimeout;
    }
    if (tcp_closed_ || !tcp_connected_ || stream_->queued() == 0)
        finish();
    return false;
}

void PptpCall::finish() {
    if (std::exchange(ended_, true))
        return;
    if (!flushing_)
        last_stats_ = plumbing_.close();
    if (std::exchange(up_, false))
        outputs_.emplace_back(Down{});
    if (std::exchange(member_, false))
        outputs_.emplace_back(LinkLeft{});
    limit_.reset();
    idle_check_.reset();
    stream_.reset();
    outputs_.emplace_back(Ended{*reason_, tcp_connected_, last_stats_});
}

void PptpCall::expire(base::Time now) {
    if (ended_)
        return;
    if (due(limit_, now)) {
        if (flushing_) {
            finish();
            return;
        }
        limit_.reset();
        end({Layer::Tcp, Side::Peer, ErrorCode::Unreachable,
             fmt::format("{}:{} does not answer (no TCP connection within {} s)",
                         plan_.server.text(), plan_.port, ConnectTimeout.count())});
    }
    if (control_ && !control_ended_)
        expire_if_due(*control_, now);
    if (due(last_words_, now)) {
        last_words_.reset();
        if (link_ && !link_ended_)
            link_->lower_down(now);
    }
    if (due(recheck_.deadline(), now))
        check_session(now);
    if (due(idle_check_, now))
        check_idle(now);
    if (link_ && !link_ended_) {
        if ((up_ || member_) && due(link_->deadline(), now))
            keepalive(now);
        expire_if_due(*link_, now);
    }
    settle(now);
}

base::Deadline PptpCall::deadline() const {
    base::Deadline next = base::earlier(base::earlier(limit_, last_words_), recheck_.deadline());
    next = base::earlier(next, idle_check_);
    if (control_ && !control_ended_)
        next = base::earlier(next, control_->deadline());
    if (link_ && !link_ended_)
        next = base::earlier(next, link_->deadline());
    return ended_ ? std::nullopt : next;
}

}  // namespace rtun::daemon
