// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every input ends in settle(), as with a call; links are fed there and not drained.
#include <daemon/server_bundle.h>

#include <base/log.h>
#include <daemon/drive.h>
#include <daemon/server_call.h>
#include <daemon/server_events.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rtun::daemon {

using base::ErrorCode;
using base::log::Level;

ServerBundle::ServerBundle(const ServerGround &ground, Plan plan, std::function<void()> over)
    : ground_(ground), plan_(std::move(plan)), over_(std::move(over)),
      alarm_(ground.world.alarm([this] { woken(); })), plumbing_(ground.kernel, ground.routes),
      link_(link_options(), ground.random),
      user_(ground,
            {.kind = UserSession::Kind::Bundle,
             .plumbing = plumbing_,
             .link = link_,
             .caller = plan_.caller,
             .attempt = fmt::format("{:08x}{:08x}", ground.random.u32(), ground.random.u32()),
             .end = [this](Reason reason) { end(std::move(reason)); },
             .leave = [this](base::Time, Reason reason) { end(std::move(reason)); },
             .abort = [this](base::Time now, Reason reason) { stop(now, std::move(reason)); }},
            plan_.settings) {}

ServerBundle::~ServerBundle() {
    unindex();
    (void)plumbing_.close();
    remove_tunnel();
}

// Of a bundle those of networks and encryption count, and mtu; what the user gets is granted.
ppp::LinkOptions ServerBundle::link_options() const {
    ppp::LinkOptions options;
    options.mtu = bundle_mtu(plan_.agreed.mrru);
    return options;
}

// -- links

std::optional<Reason> ServerBundle::admit(const ppp::PeerAuthenticated &who, base::Time now) {
    return user_.admit(who, now);
}

std::optional<Reason> ServerBundle::obstacle(const ppp::MultilinkAgreed &agreed,
                                             const std::string &user) const {
    // A link that has negotiated anew may have become another's.
    if (ppp::BundleKey(agreed.peer_discriminator, user) != plan_.key)
        return local_reason(Cause::BundleMismatch,
                            "the link has negotiated anew, and is of another bundle now");
    const auto why = ppp::join_obstacle(plan_.agreed, agreed);
    if (!why)
        return std::nullopt;
    return Reason{Layer::Ppp, Side::Peer, ErrorCode::Refused,
                  fmt::format("the link cannot join its bundle: {}", *why), Cause::BundleMismatch};
}

std::optional<Reason> ServerBundle::reserve(ServerCall &link) {
    // As with the first: the link's own packets would go into the bundle, or stay in this host.
    for (const base::Ipv4 given : {user_.session()->remote, user_.session()->local})
        if (given == link.caller())
            return local_reason(
                Cause::NoAddress,
                fmt::format("{} is the address that the client calls from", given.text()));
    const std::uint32_t most = plan_.settings->server.max_links;
    const std::uint32_t own = user_.session()->terms.max_links;
    const std::uint32_t allowed = own == 0 ? most : std::min(own, most);
    if (members_.size() >= allowed)
        return local_reason(Cause::MaxLinks,
                            fmt::format("the bundle of {} has {} link{}, the most that max-links "
                                        "allows",
                                        user_.session()->user, members_.size(),
                                        members_.size() == 1 ? "" : "s"));
    members_.push_back({.link = &link});
    return std::nullopt;
}

ServerBundle::Member *ServerBundle::member(const ServerCall &link) {
    const auto found = std::find_if(members_.begin(), members_.end(),
                                    [&](const Member &one) { return one.link == &link; });
    return found == members_.end() ? nullptr : &*found;
}

base::Status ServerBundle::open(const ppp::MultilinkReady &first) {
    netlink::TunnelSpec tunnel;
    tunnel.xport = netlink::Xport::Mlppp;
    tunnel.lifetime = netlink::Lifetime::OutlivesOwner;
    const base::View word = base::as_bytes(BundleLine);
    tunnel.blob.assign(word.begin(), word.end());
    tunnel_ = TRY(ground_.kernel.tunnel_add(tunnel));
    const netlink::SessionChange session = bundle_of(first.agreed);
    TRY(plumbing_.open_in(*tunnel_, session));
    kernel_id_ = plumbing_.session_id();
    ground_.index.bundles.emplace(static_cast<std::uint32_t>(*kernel_id_), this);
    return {};
}

std::optional<Reason> ServerBundle::join(ServerCall &link, const ppp::MultilinkReady &ready,
                                         base::Time now) {
    Member *const joining = member(link);
    if (ended_ || reason_ || joining == nullptr)
        return reason_;
    if (!begun_)
        if (const auto opened = open(ready); !opened)
            return kernel_reason(opened.error());
    if (const auto done = link.join(*kernel_id_, now); !done)
        return kernel_reason(done.error());
    joining->carries = true;
    joining->away = false;
    tell_link(server_id::LinkJoined, link, "joined", {});
    if (!std::exchange(begun_, true))
        begin(ready, now);
    settle(now);
    return std::nullopt;
}

void ServerBundle::begin(const ppp::MultilinkReady &first, base::Time now) {
    user_.secure();
    link_.begin_bundle({.first = first, .granted = user_.grant()}, now);
}

void ServerBundle::receive(base::View frame, base::Time now) {
    if (ended_ || !begun_)
        return;
    link_.receive(frame, now);
    settle(now);
}

void ServerBundle::link_down(ServerCall &link, bool anew) {
    Member *const of = member(link);
    if (of == nullptr || !std::exchange(of->carries, false))
        return;
    of->away = anew;
    if (anew)
        tell_link(server_id::LinkLeft, link, "left",
                  {{"reason", "it negotiates anew"},
                   {"cause", std::string(info(Cause::Renegotiated).name)}});
}

bool ServerBundle::carries() const {
    return !ended_ && !reason_ &&
           std::any_of(members_.begin(), members_.end(),
                       [](const Member &one) { return one.carries; });
}

void ServerBundle::gone(ServerCall &link, const Reason &reason, base::Time now) {
    const Member *const was = member(link);
    const bool told = was != nullptr && was->away;
    forget(link);
    if (ended_)
        return;
    if (link.joined() && !told)
        tell_link(server_id::LinkLeft, link, "left",
                  {{"reason", reason.text}, {"cause", std::string(info(cause_of(reason)).name)}});
    // Those that are left may all negotiate anew: what the bundle has is then of no link that there
    // is (ServerCall::on(MultilinkDown)).
    const bool none_but_away =
        !carries() &&
        std::any_of(members_.begin(), members_.end(), [](const Member &one) { return one.away; });
    if (members_.empty() && !left_)
        end(reason);
    else if (none_but_away && !left_)
        end({Layer::Ppp, Side::Peer, ErrorCode::Closed,
             "the only link left of the bundle negotiates anew", Cause::Renegotiated});
    settle(now);
}

void ServerBundle::forget(ServerCall &link) {
    std::erase_if(members_, [&](const Member &one) { return one.link == &link; });
}

std::vector<const ServerCall *> ServerBundle::links() const {
    std::vector<const ServerCall *> all;
    for (const Member &one : members_)
        if (one.link->joined())
            all.push_back(one.link);
    return all;
}

// -- outputs

void ServerBundle::on(ppp::SendFrame &output) {
    if (!plumbing_.session_id())
        return;
    // Without a link, or with full queues, it is as lost on the way: the engine repeats.
    if (const auto sent = plumbing_.send(output.frame);
        !sent && sent.error().code == ErrorCode::NotFound)
        end({Layer::Kernel, Side::Local, ErrorCode::Refused, "the session is gone from the kernel",
             Cause::SessionDeleted});
}

void ServerBundle::on(ppp::LcpOpened &output) {
    user_.on(output);
    if (const auto done = plumbing_.set(agreed(output)); !done)
        end(kernel_reason(done.error()));
}

void ServerBundle::on(ppp::Ended &output) { end(reason_of(output.reason, link_.counters())); }

// -- what the kernel says

void ServerBundle::kernel_event(const netlink::Event &event) {
    if (ended_)
        return;
    const base::Time now = ground_.world.now();
    if (const auto *frame = std::get_if<netlink::Frame>(&event)) {
        receive(frame->data, now);
        return;
    }
    if (std::holds_alternative<netlink::SessionGone>(event)) {
        end({Layer::Kernel, Side::Local, ErrorCode::Refused,
             "the session was deleted in the kernel", Cause::SessionDeleted});
        settle(now);
    } else if (const auto *changed = std::get_if<netlink::SessionChanged>(&event)) {
        if (user_.up() && !changed->session.device)
            check_session(now);
    } else if (const auto *notice = std::get_if<netlink::Notice>(&event)) {
        if (notice->type == "carrier" && user_.up())
            check_session(now);
    }
}

void ServerBundle::check_session(base::Time now) {
    recheck_.asked();
    if (ended_ || reason_ || !plumbing_.session_id())
        return;
    const auto session = plumbing_.session();
    if (!session && session.error().code != ErrorCode::NotFound) {
        recheck_.failed(now);
    } else {
        recheck_.answered();
        if (!session)
            end({Layer::Kernel, Side::Local, ErrorCode::Refused,
                 "the session was deleted in the kernel", Cause::SessionDeleted});
        else if (auto why = user_.missing_in(*session))
            end(std::move(*why));
    }
    settle(now);
}

// -- configuration

void ServerBundle::settings_changed(std::shared_ptr<const ServerSettings> settings) {
    plan_.settings = std::move(settings);
    user_.settings_changed(plan_.settings);
}

void ServerBundle::terms_changed(base::Time now) {
    if (ended_)
        return;
    user_.terms_changed(now);
    settle(now);
}

// -- down

void ServerBundle::end(Reason reason) {
    if (reason_)
        return;
    reason_ = std::move(reason);
    user_.ending();
}

void ServerBundle::stop(base::Time now, Reason reason) {
    if (ended_)
        return;
    end(std::move(reason));
    settle(now);
}

void ServerBundle::settle(base::Time now) {
    const auto handle = [this](auto &output) { on(output); };
    while (!ended_ && !reason_ && drain(link_, handle)) {
    }
    if (reason_ && !ended_)
        finish(now);
    save();
    alarm_->arm(ended_ ? std::nullopt
                       : base::earlier(base::earlier(user_.deadline(), recheck_.deadline()),
                                       begun_ ? link_.deadline() : std::nullopt));
}

void ServerBundle::finish(base::Time now) {
    ended_ = true;
    unindex();
    user_.finish(*reason_, "");
    remove_tunnel();
    for (const Member &one : std::exchange(members_, {}))
        one.link->bundle_ended(now, *reason_);
    over_();
}

void ServerBundle::unindex() {
    if (kernel_id_)
        ground_.index.bundles.erase(static_cast<std::uint32_t>(*kernel_id_));
}

void ServerBundle::remove_tunnel() {
    if (!tunnel_)
        return;
    const auto id = static_cast<unsigned>(*std::exchange(tunnel_, std::nullopt));
    if (const auto deleted = ground_.kernel.tunnel_del(netlink::TunnelId{id});
        !deleted && deleted.error().code != ErrorCode::NotFound)
        base::log::warning("tunnel.left", {{"RTUN_TUNNEL", std::to_string(id)}},
                           "tunnel {} could not be deleted: {}", id, deleted.error().text);
}

void ServerBundle::woken() {
    if (ended_)
        return;
    const base::Time now = ground_.world.now();
    if (due(recheck_.deadline(), now))
        check_session(now);
    if (!ended_ && begun_)
        user_.expire(now);
    if (!ended_ && begun_ && !reason_)
        expire_if_due(link_, now);
    settle(now);
}

// -- words

UserSession::Fields ServerBundle::fields_of(const ServerCall &link) const {
    UserSession::Fields fields{
        {"peer", link.caller().text()},
        {"bundle", plan_.key.text()},
        {"peer_call_id", std::to_string(static_cast<unsigned>(link.peer_call()))}};
    if (const auto link_id = link.kernel_id())
        fields.emplace("link_session_id", std::to_string(static_cast<std::uint32_t>(*link_id)));
    return fields;
}

void ServerBundle::link_heard(const ServerCall &link, bool any) const {
    user_.tell(Level::Info, any ? server_id::LinkHeard : server_id::LinkSilent,
               fmt::format("link {}: {}", any ? "heard again" : "silent", link.caller().text()),
               fields_of(link));
}

void ServerBundle::tell_link(std::string_view id, const ServerCall &link, std::string_view words,
                             UserSession::Fields fields) const {
    const auto carrying = std::count_if(members_.begin(), members_.end(),
                                        [](const Member &one) { return one.carries; });
    fields.merge(fields_of(link));
    fields.emplace("links", std::to_string(carrying));
    user_.tell(Level::Info, id,
               fmt::format("a link from {} {} the bundle of {}: {} now{}", link.caller().text(),
                           words, plan_.key.text(), carrying,
                           fields.contains("reason") ? ", " + fields.at("reason") : ""),
               std::move(fields));
}

}  // namespace rtun::daemon
