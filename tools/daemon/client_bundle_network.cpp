// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a bundle does that a call does by itself: encryption, addresses, the device and its routes.
#include <daemon/client_bundle.h>

#include <daemon/bridge_port.h>

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace rtun::daemon {

using base::ErrorCode;

netlink::SessionChange ClientBundle::sharing_of(const config::Client &client) {
    netlink::SessionChange change;
    change.mp_mode = static_cast<netlink::MpMode>(client.mp_mode);
    change.mp_loss_time = static_cast<std::uint32_t>(client.mp_loss_time.count());
    return change;
}

base::Status ClientBundle::make(const ppp::MultilinkReady &first) {
    netlink::TunnelSpec tunnel;
    tunnel.xport = netlink::Xport::Mlppp;
    tunnel.lifetime = plan_.lifetime;
    tunnel.blob = plan_.blob;
    netlink::SessionChange session = bundle_of(first.agreed, sharing_of(plan_.client));
    if (plan_.client.encryption == ppp::Encryption::Required)
        session.mppe_required = true;
    return plumbing_.open_bundle(tunnel, session);
}

ppp::LinkOptions ClientBundle::network_options() const {
    ppp::LinkOptions options;
    options.bridge = bridge_options(ground_.world, plan_.client);
    // max-mtu is that of its links. Frames have headers on top of what hosts take for the MTU: as
    // long as the peer takes them.
    options.mtu = bundle_mtu(options.bridge ? link_mtu(0) : plan_.client.mrru);
    options.request_dns = plan_.client.use_peer_dns != config::PeerDns::No;
    options.ipv6 = plan_.client.ipv6;
    options.encryption = plan_.client.encryption.value_or(ppp::Encryption::Auto);
    options.mppe = plan_.client.mppe;
    options.mppe_stateful = plan_.client.mppe_stateful;
    return options;
}

void ClientBundle::begin(const ppp::MultilinkReady &first, base::Time now) {
    network_.emplace(network_options(), ground_.random);
    network_->begin_bundle({.first = first}, now);
}

// The links live on, if they can.
void ClientBundle::take_down() {
    network_.reset();
    first_.reset();
    idle_check_.reset();
    recheck_.asked();
    saved_.clear();
    kept_ = false;
    if (plumbing_.session_id())
        last_stats_ = plumbing_.close();
    unpin();
    if (std::exchange(up_, false))
        outputs_.emplace_back(Down{});
}

void ClientBundle::on(ppp::SendFrame &output) {
    // What is refused is as a packet lost on the way; that the session has gone is told by itself.
    if (plumbing_.session_id())
        (void)plumbing_.send(output.frame);
}

void ClientBundle::on(ppp::LcpOpened &output) {
    if (reason_)
        return;
    mtu_ = mtu_of(output.mtu);
    netlink::SessionChange change;
    change.flags = netlink::PppFlags{
        .pfc_rx = output.pfc_rx, .pfc_tx = output.pfc_tx, .acfc_tx = output.acfc_tx};
    if (const auto set = plumbing_.set(change); !set)
        end(kernel_reason(set.error()));
}

void ClientBundle::on(ppp::EncryptionUp &output) {
    if (reason_)
        return;
    const netlink::SessionChange change = encrypted(output, plan_.client.mppe_resync);
    if (const auto set = plumbing_.set(change); !set) {
        end(kernel_reason(set.error()));
        return;
    }
    mtu_ = mtu_of(output.mtu);
    fit_mtu();
    outputs_.emplace_back(Encoding{netlink::encoding(change.mppe_tx->mode, change.mppe_rx->mode),
                                   netlink::insecure(change.mppe_tx->mode, change.mppe_rx->mode),
                                   up_ ? std::optional(mtu_) : std::nullopt});
}

void ClientBundle::on(ppp::EncryptionDown & /*output*/) {
    if (!plumbing_.session_id())
        return;
    if (const auto set = plumbing_.set(not_encrypted()); !set)
        end(kernel_reason(set.error()));
    outputs_.emplace_back(Encoding{netlink::encoding({}, {}), false, std::nullopt});
}

void ClientBundle::on(ppp::EncryptionRefused &output) {
    if (!reason_)
        outputs_.emplace_back(NotEncrypted{output.text});
}

std::uint32_t ClientBundle::mtu_of(std::uint32_t packets) const {
    return plan_.client.port.bridge.empty() ? packets : bridge_mtu(packets);
}

void ClientBundle::fit_mtu() {
    if (up_)
        (void)plumbing_.set_mtu(mtu_);  // what the device had fits, too
}

bool ClientBundle::is_server(base::Ipv4 address) const {
    return std::any_of(links_.begin(), links_.end(),
                       [address](const auto &link) { return link->address() == address; });
}

// As with a call: an address or a route that leads the links into the bundle is not taken.
void ClientBundle::on(ppp::Ipv4Up &output) {
    if (reason_)
        return;
    if (is_server(output.local)) {
        end({Layer::Ppp, Side::Local, ErrorCode::Refused,
             fmt::format("the server gives us its own address {}", output.local.text())});
        return;
    }
    const bool routable = !is_server(output.remote);
    const auto made = plumbing_.ipv4_up({.interface = plan_.interface,
                                         .mtu = mtu_,
                                         .local = output.local,
                                         .remote = routable ? output.remote : base::Ipv4{}});
    if (!made) {
        end(kernel_reason(made.error()));
        return;
    }
    went_up({plumbing_.device()->name, output.local, output.remote, output.dns, mtu_,
             first_->agreed.mrru});
    if (!routable)
        outputs_.emplace_back(NoPeerRoute{output.remote});
    route_by_default();
}

void ClientBundle::went_up(Up up) {
    const base::Time now = ground_.world.now();
    up_ = true;
    up_since_ = ground_.world.epoch();
    kept_ = plan_.lifetime == netlink::Lifetime::OutlivesOwner;
    carried_at_ = now;
    carried_ = 0;
    check_idle(now);
    outputs_.emplace_back(std::move(up));
}

void ClientBundle::on(ppp::BridgeUp &output) {
    if (reason_)
        return;
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
             .mru = first_->agreed.mrru,
             .bridging = output,
             .bridge = port.bridge});
}

void ClientBundle::on(ppp::BridgeDown & /*output*/) {
    plumbing_.bridge_down();
    idle_check_.reset();
    if (std::exchange(up_, false))
        outputs_.emplace_back(Down{});
}

void ClientBundle::on(ppp::Ipv4Down & /*output*/) {
    unpin();
    plumbing_.ipv4_down();
    idle_check_.reset();
    if (std::exchange(up_, false))
        outputs_.emplace_back(Down{});
}

void ClientBundle::on(ppp::Ipv6Up &output) {
    if (reason_)
        return;
    const auto made = plumbing_.ipv6_up(
        {.interface = plan_.interface, .mtu = mtu_, .interface_id = output.local_interface_id});
    outputs_.emplace_back(Ipv6{output.local_interface_id, output.remote_interface_id,
                               made ? std::string() : made.error().text});
}

void ClientBundle::on(ppp::Ipv6Down & /*output*/) { plumbing_.ipv6_down(); }

void ClientBundle::on(ppp::Ended &output) {
    if (network_)
        end(reason_of(output.reason, network_->counters()));
}

// -- routes

// The default route through the bundle must not take the links.
base::Status ClientBundle::pin(base::Ipv4 server) {
    if (!up_ || !wanted_route_ || !wanted_route_->pin_server || pinned_.contains(server))
        return {};
    TRY(ground_.routes.pin(server, plan_.client.fwmark, plumbing_.device()->index,
                           HostRoutes::IntoTunnel::GoAround));
    pinned_.insert(server);
    return {};
}

void ClientBundle::unpin() {
    for (const base::Ipv4 server : std::exchange(pinned_, {}))
        ground_.routes.unpin(server);
}

// One that is called later is pinned then (open_way). One that there is no way to but through the
// bundle ends, and does not cost the others the route.
base::Status ClientBundle::pin_links() {
    std::vector<std::pair<ClientLink *, base::Error>> failed;
    bool any = false;
    for (const auto &link : links_) {
        if (!link->busy() || link->address().unspecified())
            continue;
        if (const auto pinned = pin(link->address()); !pinned)
            failed.emplace_back(link.get(), pinned.error());
        else
            any = any || link->is_joined();
    }
    if (!any && !failed.empty())
        return base::fail(failed.front().second);
    for (const auto &[link, error] : failed)
        link->stop(ground_.world.now(), kernel_reason(error));
    return {};
}

void ClientBundle::set_default_route(std::optional<DefaultRoute> wanted) {
    wanted_route_ = wanted;
    if (plain_ != nullptr && plain_->call() != nullptr) {
        plain_->call()->set_default_route(wanted);
        return;
    }
    route_by_default();
    settle(ground_.world.now());
}

void ClientBundle::route_by_default() {
    if (!up_)
        return;
    const std::optional<DefaultRoute> wanted = wanted_route_;
    const auto set = [&]() -> base::Status {
        if (wanted)
            TRY(pin_links());
        auto plumbed = wanted;
        if (plumbed)
            plumbed->pin_server = false;  // here it is not one that there is to pin
        return plumbing_.set_default_route(plumbed);
    };
    std::string failure;
    if (const auto done = set(); !done) {
        (void)plumbing_.set_default_route({});
        failure = done.error().text;
    } else if (wanted && !plumbing_.default_route_wins()) {
        failure = "another one comes first";
    }
    if (!failure.empty())
        outputs_.emplace_back(RouteFailed{std::move(failure)});
    if (!wanted)
        unpin();
}

// -- while it is up

void ClientBundle::bundle_event(const netlink::Event &event, base::Time now) {
    const auto gone = [&] {
        end({Layer::Kernel, Side::Local, ErrorCode::Refused, "the bundle was deleted in the kernel",
             Cause::SessionDeleted});
    };
    if (const auto *frame = std::get_if<netlink::Frame>(&event)) {
        heard_ = true;
        if (plumbing_.owns(frame->session))
            network_->receive(frame->data, now);
    } else if (const auto *session = std::get_if<netlink::SessionGone>(&event)) {
        if (plumbing_.owns(session->id))
            gone();
    } else if (const auto *tunnel = std::get_if<netlink::TunnelGone>(&event)) {
        if (plumbing_.owns(tunnel->id))
            gone();
    } else if (const auto *changed = std::get_if<netlink::SessionChanged>(&event)) {
        if (plumbing_.owns(changed->session.id) && up_ && !changed->session.device)
            check_session(now);
    } else if (const auto *notice = std::get_if<netlink::Notice>(&event)) {
        if (notice->session && plumbing_.owns(*notice->session) && notice->type == "carrier" && up_)
            check_session(now);
    } else if (std::holds_alternative<netlink::Overrun>(event)) {
        check_session(now);
    }
}

void ClientBundle::link_event(const netlink::Notice &notice) {
    if (notice.type != "peer_alive" || !notice.session || !notice.value)
        return;
    for (const auto &link : links_)
        if (link->call() != nullptr && link->call()->owns(*notice.session) &&
            link->heard(*notice.value != 0))
            outputs_.emplace_back(LinkSilent{.link = link->text(), .heard = *notice.value != 0});
}

void ClientBundle::check_session(base::Time now) {
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
                 : "the bundle was deleted in the kernel",
         session ? Cause::InterfaceDeleted : Cause::SessionDeleted});
}

void ClientBundle::note_carried(const netlink::Stats &stats, base::Time now) {
    if (std::exchange(carried_, packets_carried(stats)) != packets_carried(stats))
        carried_at_ = now;
}

std::optional<base::Duration> ClientBundle::idle(base::Time now) {
    if (plain_ != nullptr && plain_->call() != nullptr)
        return plain_->call()->idle(now);
    if (!up_)
        return std::nullopt;
    if (const auto session = plumbing_.session())
        note_carried(session->stats, now);
    return now - carried_at_;
}

void ClientBundle::check_idle(base::Time now) {
    using std::chrono::seconds;
    const seconds timeout = plan_.client.idle_timeout;
    idle_check_.reset();
    if (timeout == seconds::zero())
        return;
    if (idle(now).value_or(base::Duration::zero()) >= timeout) {
        end(user_reason(fmt::format("nothing was carried for {}", base::format_uptime(timeout))));
        return;
    }
    const seconds interval =
        std::clamp(timeout / 10, PptpCall::MinIdleCheck, PptpCall::MaxIdleCheck);
    idle_check_ = std::min<base::Time>(now + interval, carried_at_ + timeout);
}

}  // namespace rtun::daemon
