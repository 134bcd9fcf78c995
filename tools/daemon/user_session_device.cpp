// SPDX-License-Identifier: GPL-2.0-or-later
//
// The device of a session: its name, its MTU, what it wears, and the record of it.
#include <daemon/user_session.h>

#include <daemon/bridge_port.h>
#include <daemon/server_events.h>

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace rtun::daemon {

using base::ErrorCode;
using base::log::Level;

namespace {

constexpr std::string_view ServiceName = "pptp";
constexpr std::uint32_t MinIpv6Mtu = 1280;  // RFC 8200 section 5

}  // namespace

void UserSession::on(ppp::Ipv4Up & /*output*/) { up_with_device(); }

void UserSession::on(ppp::BridgeUp &output) {
    bridging_ = output;
    up_with_device();
}

void UserSession::up_with_device() {
    if (ending_)
        return;
    const base::Time now = ground_.world.now();
    undress(Cause::Renegotiated);  // of the device that was
    mtu_ = mtu_for(plumbing_.path_mtu());
    if (const auto made = make_device(mtu_); !made) {
        carrier_.leave(now, kernel_reason(made.error()));
        return;
    }
    went_up(now);
}

base::Status UserSession::try_device(const std::string &name, std::uint32_t mtu) {
    if (bridging_)
        return plumbing_.bridge_up({.interface = name,
                                    .mtu = mtu,
                                    .mac = session_->mac,
                                    .flags = bridging(*bridging_),
                                    .port = session_->terms.port});
    return plumbing_.ipv4_up(
        {.interface = name, .mtu = mtu, .local = session_->local, .remote = session_->remote});
}

// The user's own name if it has one and that is free, else one of those that come and go. Names
// that turn out to be somebody else's stay taken until one was found, so as not to be tried twice.
base::Status UserSession::make_device(std::uint32_t mtu) {
    if (!session_->interface.empty())  // the link has negotiated anew
        return try_device(session_->interface, mtu);
    if (const auto own = ground_.users.interface(session_->user, config::Service::Pptp);
        own && ground_.names.take(*own)) {
        auto made = try_device(*own, mtu);
        if (made) {
            session_->interface = *own;
            static_name_ = true;
            return made;
        }
        ground_.names.release(*own);
        if (made.error().code != ErrorCode::Exists)
            return made;
    }
    std::vector<std::string> foreign;
    base::Status made = base::fail(ErrorCode::Exists, "there is no free name for a device");
    while (foreign.size() < MaxNames) {
        const auto name = ground_.names.take_for(ServiceName, session_->user);
        if (!name)
            break;
        made = try_device(*name, mtu);
        if (made) {
            session_->interface = *name;
            break;
        }
        foreign.push_back(*name);
        if (made.error().code != ErrorCode::Exists)
            break;
    }
    for (const std::string &name : foreign)
        ground_.names.release(name);
    return made;
}

Dressed UserSession::dressed() const {
    Dressed dressed;
    dressed.service = ServiceName;
    dressed.user = session_->user;
    dressed.caller = carrier_.caller.text();
    dressed.interface = session_->interface;
    if (plumbing_.device())
        dressed.link = plumbing_.device()->index;
    dressed.local = session_->local;
    dressed.remote = session_->remote;
    if (!bridges())
        dressed.dns = session_->terms.dns_server;
    dressed.mtu = mtu_;
    dressed.session = session_->key;
    return dressed;
}

std::string UserSession::ends() const {
    if (bridges())
        return "in bridge " + session_->terms.port.bridge;
    return fmt::format("{} -> {}", session_->local.text(), session_->remote.text());
}

UserSession::Fields UserSession::fields_of_ends() const {
    if (!bridges())
        return {{"local_address", session_->local.text()},
                {"remote_address", session_->remote.text()}};
    Fields fields{{"bridge", session_->terms.port.bridge}, {"mac_address", session_->mac.text()}};
    if (bridging_) {
        fields["bridging"] = bridging_text(*bridging_);
        fields["remote_mac_address"] = mac_text(bridging_->remote);
    }
    return fields;
}

void UserSession::went_up(base::Time now) {
    const bool first = !first_up_;
    up_since_ = now;
    if (first) {
        first_up_ = now;
        session_->since = ground_.world.epoch();
        begin_record();
        restart_timeouts(now);
    }
    dressed_ = dressed();
    const auto problems = ground_.dressing.put_on(*dressed_, session_->terms);
    if (ipv6_)
        open_ipv6();
    Fields fields = fields_of_ends();
    fields.merge(Fields{{"mtu", std::to_string(mtu_)},
                        {"mru", std::to_string(lcp_.mru)},
                        {"encoding", encoding_},
                        {"insecure", insecure_ ? "yes" : "no"},
                        {"authentication", std::string(auth::info(session_->method).name)},
                        {"profile", session_->terms.profile}});
    tell(first ? Level::Info : Level::Debug, server_id::Up,
         fmt::format("{} connected from {}: {} {} mtu {} {}{}", session_->user,
                     carrier_.caller.text(), session_->interface, ends(), mtu_,
                     encoding_ == "none" ? "not encrypted" : encoding_,
                     insecure_ ? " (insecure)" : ""),
         std::move(fields));
    for (const std::string &problem : problems)
        tell(Level::Warning, server_id::Setting, problem);
}

void UserSession::begin_record() {
    if (!settings_->accounting)
        return;
    aaa::Record record;
    record.id = session_->key;
    record.user = session_->user;
    record.service = ServiceName;
    record.caller = carrier_.caller.text();
    record.interface = session_->interface;
    if (!bridges())
        record.address = session_->remote.text();
    record.started = session_->since;
    record.updated = session_->since;
    const auto begun = ground_.store.begin(record);
    session_->recorded = begun.has_value();
    ground_.written();
    if (!begun)
        tell(Level::Error, server_id::Accounting,
             fmt::format("the session is not recorded: {}", begun.error().text));
}

void UserSession::undress(Cause cause) {
    if (!dressed_)
        return;
    ground_.dressing.take_off(*dressed_, session_->terms, std::string(info(cause).name));
    dressed_.reset();
}

// What it wears is taken off when it is known why it went (finish), or when it comes again.
void UserSession::on(ppp::Ipv4Down &) {
    plumbing_.ipv6_down();
    plumbing_.ipv4_down();
    up_since_.reset();
}

void UserSession::on(ppp::BridgeDown &) {
    plumbing_.bridge_down();
    bridging_.reset();
    up_since_.reset();
}

// -- IPv6: addresses of the link only; what else there is to be, routers announce

void UserSession::on(ppp::Ipv6Up &output) {
    ipv6_ = output;
    if (!ending_ && up())
        open_ipv6();
}

void UserSession::on(ppp::Ipv6Down &) {
    if (std::exchange(ipv6_, std::nullopt) && up())
        plumbing_.ipv6_down();
}

void UserSession::open_ipv6() {
    base::Status opened;
    if (mtu_ < MinIpv6Mtu)
        opened = base::fail(ErrorCode::Refused,
                            fmt::format("it takes {} octets, the mtu is {}", MinIpv6Mtu, mtu_));
    else
        opened = plumbing_.ipv6_up({.interface = session_->interface,
                                    .mtu = mtu_,
                                    .interface_id = ipv6_->local_interface_id});
    if (opened)
        tell(Level::Debug, server_id::Ipv6, "IPv6 is open");
    else
        tell(Level::Warning, server_id::Ipv6, fmt::format("no IPv6: {}", opened.error().text));
}

// -- MTU

// A bundle cuts what does not fit its links.
std::uint32_t UserSession::mtu_for(std::uint32_t path) {
    if (carrier_.kind == Kind::Bundle)
        return bridges() ? bridge_mtu(link_mtu_) : link_mtu_;
    DeviceMtu fits =
        device_mtu(link_mtu_, settings_->server.max_mtu, path, encrypts_ ? Clear::No : Clear::Yes);
    if (bridges())
        fits = bridged(fits);
    // Clients behind narrow lines are as usual as others: nobody has to act.
    if (fits.lowered() && fits.mtu != mtu_)
        tell(Level::Debug, server_id::Mtu,
             fmt::format("mtu {} instead of {}: the path to {} takes {} octets, {} of them ours",
                         fits.mtu, fits.wanted, carrier_.caller.text(), fits.path, fits.ours),
             {{"mtu", std::to_string(fits.mtu)}, {"path_mtu", std::to_string(fits.path)}});
    return fits.mtu;
}

void UserSession::path_mtu_changed(std::uint32_t path) {
    if (!ending_ && up())
        fit_mtu(path);
}

void UserSession::fit_mtu(std::uint32_t path) {
    const std::uint32_t mtu = mtu_for(path);
    if (mtu != mtu_ && plumbing_.set_mtu(mtu))
        mtu_ = mtu;
}

}  // namespace rtun::daemon
