// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who the user is, what a session of theirs gets, and what becomes of it when the configuration
// says something else.
#include <daemon/user_session.h>

#include <daemon/bridge_port.h>
#include <daemon/server_events.h>
#include <daemon/server_sessions.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rtun::daemon {

using base::ErrorCode;
using base::log::Level;

namespace {

constexpr std::size_t MaxUserShown = 64;

ppp::Encryption encryption_of(const aaa::Terms &terms) {
    using Use = config::Profile::UseEncryption;
    switch (terms.use_encryption) {
    case Use::Yes:
        return ppp::Encryption::Auto;
    case Use::Require:
        return ppp::Encryption::Required;
    case Use::Passive:
        return ppp::Encryption::Passive;
    case Use::Default:
    case Use::No:
        break;
    }
    return ppp::Encryption::No;
}

}  // namespace

// -- what it gets

std::string UserSession::legible(const std::string &user) {
    return base::printable(base::as_bytes(user), MaxUserShown);
}

void UserSession::claim(std::string_view user) { claimed_ = legible(std::string(user)); }

void UserSession::secure() {
    if (encryption_of(session_->terms) != ppp::Encryption::Required)
        return;
    netlink::SessionChange change;
    change.mppe_required = true;
    set(change);
}

ppp::Grant UserSession::grant() const {
    const aaa::Terms &terms = session_->terms;
    ppp::Grant grant;
    grant.local_address = session_->local;
    grant.remote_address = session_->remote;
    grant.serve_dns = terms.dns_server;
    grant.serve_wins = terms.wins_server;
    grant.encryption = encryption_of(terms);
    grant.mppe = settings_->server.mppe;
    grant.mppe_stateful = settings_->server.mppe_stateful;
    if (alarmed_ && grant.mppe_stateful == ppp::StatefulMppe::Only)
        grant.mppe_stateful = ppp::StatefulMppe::Yes;  // stateless first
    grant.ipv6 = terms.use_ipv6;
    if (bridges())
        grant.bridge = ppp::BridgeOptions{session_->mac};
    return grant;
}

std::optional<Reason> UserSession::admit(const ppp::PeerAuthenticated &who, base::Time now) {
    auto terms = ground_.users.terms(who.user, settings_->server.default_profile);
    if (!terms)
        return local_reason(Cause::NotConfigured, terms.error().text);
    if (!terms->port.bridge.empty())
        if (const auto bridge = find_bridge(ground_.kernel, terms->port.bridge); !bridge)
            return local_reason(
                Cause::NotConfigured,
                fmt::format("profile \"{}\": {}", terms->profile, bridge.error().text));
    if (auto refused = refuse_more(who.user, *terms, now))
        return refused;

    ServerSession session;
    session.key = ground_.store.new_id(ground_.world.epoch());
    session.user = who.user;
    session.method = who.method;
    session.terms = std::move(*terms);
    const auto addresses = [&]() -> base::Status {
        if (!session.terms.port.bridge.empty())
            return {};
        session.remote = TRY(address(session.terms.remote_address, who.user, session.key));
        session.local = TRY(address(session.terms.local_address, who.user, session.key));
        // The tunnel's own packets would go into the tunnel, or stay in this host.
        for (const base::Ipv4 given : {session.remote, session.local})
            if (given == carrier_.caller)
                return base::fail(
                    ErrorCode::Refused,
                    fmt::format("{} is the address that the client calls from", given.text()));
        return {};
    };
    if (const auto given = addresses(); !given) {
        ground_.pools.release(session.key);
        return local_reason(Cause::NoAddress, given.error().text);
    }
    if (!session.terms.port.bridge.empty())
        session.mac = free_mac(who.user);
    session_ = std::move(session);
    ground_.sessions.add(*this, session_->user, carrier_.caller, session_->remote);
    const std::string method(auth::info(who.method).name);
    tell(Level::Debug, server_id::Verified,
         fmt::format("{} authenticated ({})", session_->user, method),
         {{"authentication", method}, {"profile", session_->terms.profile}});
    return std::nullopt;
}

// Two ports of a bridge do not share one.
base::Mac UserSession::free_mac(const std::string &user) const {
    for (unsigned again = 0;; again++) {
        const base::Mac mac = port_mac(ground_.world.host_id(), "pptp server", user, again);
        if (!ground_.sessions.has_mac(user, mac))
            return mac;
    }
}

std::optional<Reason> UserSession::refuse_more(const std::string &user, const aaa::Terms &terms,
                                               base::Time now) {
    const config::PptpServer &settings = settings_->server;
    if (settings.one_session_per_host)
        for (UserSession *old : ground_.sessions.of_host(carrier_.caller))
            old->carrier_.abort(now, {Layer::Config, Side::Local, ErrorCode::Closed,
                                      fmt::format("{} has connected anew as {}",
                                                  carrier_.caller.text(), legible(user)),
                                      Cause::Replaced});
    if (terms.only_one && ground_.sessions.of_user(user) > 0)
        return local_reason(Cause::OnlyOne,
                            fmt::format("{} has a session already, and only-one is set", user));
    // An address that stands in the configuration is there once: who has it and comes again has
    // lost the other end.
    const auto *own = std::get_if<base::Ipv4>(&terms.remote_address.from);
    if (own != nullptr && terms.port.bridge.empty())
        if (UserSession *holder = ground_.sessions.with_address(*own)) {
            if (holder->session()->user != user)
                return local_reason(Cause::NoAddress, fmt::format("{} is in use by {}", own->text(),
                                                                  holder->session()->user));
            // It has not: this may be a link that is dialed again, and is not asked for multilink
            // any more.
            if (settings.mrru == 0 && carrier_.kind == Kind::Call &&
                holder->carrier_.kind == Kind::Bundle)
                return local_reason(
                    Cause::NoAddress,
                    fmt::format("{} has {} with multilink, which is disabled for new calls", user,
                                own->text()));
            holder->carrier_.abort(
                now, {Layer::Config, Side::Local, ErrorCode::Closed,
                      fmt::format("{} has connected anew from {}, and {} is there once", user,
                                  carrier_.caller.text(), own->text()),
                      Cause::Replaced});
        }
    if (settings.max_sessions > 0 && ground_.sessions.size() >= settings.max_sessions)
        return local_reason(Cause::MaxSessions,
                            fmt::format("there are {} sessions, the most that max-sessions allows",
                                        settings.max_sessions));
    return std::nullopt;
}

base::Result<base::Ipv4> UserSession::address(const config::AddressSource &source,
                                              const std::string &user, const std::string &key) {
    if (const auto *literal = std::get_if<base::Ipv4>(&source.from)) {
        ground_.pools.take(*literal, key);
        return *literal;
    }
    if (const auto *pool = std::get_if<std::string>(&source.from))
        return ground_.pools.lease(*pool, user, key);
    return base::fail(ErrorCode::NotFound, "neither the user nor its profile gives an address");
}

// -- while it is up

void UserSession::terms_changed(base::Time now) {
    if (ending_ || !session_)
        return;
    auto fresh = ground_.users.terms(session_->user, settings_->server.default_profile);
    if (!fresh) {
        carrier_.leave(now, {Layer::Config, Side::User, ErrorCode::Closed, fresh.error().text,
                             fresh.error().code == ErrorCode::NotFound ? Cause::UserRemoved
                                                                       : Cause::TermsChanged});
    } else if (*fresh == session_->terms) {
        return;
    } else if (const auto what = outdated(*fresh)) {
        carrier_.leave(now,
                       {Layer::Config, Side::User, ErrorCode::Closed, *what, Cause::TermsChanged});
    } else {
        if (dressed_)
            for (const std::string &problem :
                 ground_.dressing.change(*dressed_, session_->terms, *fresh))
                tell(Level::Warning, server_id::Setting, problem);
        if (up() && bridges() && fresh->port != session_->terms.port)
            if (const auto set = plumbing_.set_port(fresh->port); !set)
                carrier_.leave(now, {Layer::Config, Side::User, ErrorCode::Closed, set.error().text,
                                     Cause::TermsChanged});
        const bool timeouts = fresh->session_timeout != session_->terms.session_timeout ||
                              fresh->idle_timeout != session_->terms.idle_timeout;
        session_->terms = std::move(*fresh);
        terms_text_.clear();
        if (timeouts)
            restart_timeouts(now);
    }
}

// What of the new terms cannot hold without negotiating anew.
std::optional<std::string> UserSession::outdated(const aaa::Terms &fresh) const {
    const aaa::Terms &old = session_->terms;
    const auto fits = [&](const config::AddressSource &source, base::Ipv4 has) {
        if (const auto *literal = std::get_if<base::Ipv4>(&source.from))
            return *literal == has;
        const auto *pool = std::get_if<std::string>(&source.from);
        const auto leases = ground_.pools.leases();
        return pool != nullptr &&
               std::any_of(leases.begin(), leases.end(), [&](const aaa::Pools::Lease &lease) {
                   return lease.owner == session_->key && lease.address == has &&
                          lease.pool == *pool;
               });
    };
    if (fresh.port.bridge.empty() != old.port.bridge.empty())
        return "bridge was changed";
    const bool addresses = old.port.bridge.empty();
    if (addresses && fresh.remote_address != old.remote_address &&
        !fits(fresh.remote_address, session_->remote))
        return "remote-address was changed";
    if (addresses && fresh.local_address != old.local_address &&
        !fits(fresh.local_address, session_->local))
        return "local-address was changed";
    if (encryption_of(fresh) == ppp::Encryption::Required && encoding_ == "none" && up())
        return "encryption is required now";
    if (!fresh.use_ipv6 && ipv6_)
        return "use-ipv6 was changed";
    return std::nullopt;
}

}  // namespace rtun::daemon
