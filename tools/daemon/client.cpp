// SPDX-License-Identifier: GPL-2.0-or-later
//
// The life of a client: dial, call, be up, end, wait, dial again.
#include <daemon/client.h>

#include <config/grammar.h>
#include <daemon/blob.h>
#include <daemon/difference.h>
#include <daemon/drive.h>

#include <fmt/format.h>

#include <utility>

namespace rtun::daemon {

using base::ErrorCode;
using base::log::Level;

Client::Client(config::Client settings, const Ground &ground, const ClientPolicy &policy,
               EventSink sink, std::function<void()> ended)
    : settings_(std::move(settings)), ground_(ground), policy_(policy), sink_(std::move(sink)),
      ended_callback_(std::move(ended)), alarm_(ground.world.alarm([this] { woken(); })) {}

// -- dialing

void Client::start() {
    stopping_ = false;
    if (state_ != State::Off)
        return;
    backoff_.reset();
    dial();
}

void Client::forget_call() {
    redial_ = false;
    verifying_ = false;
    method_.reset();
    encoding_ = {.encoding = "none", .insecure = false, .mtu = {}};
    interface_.clear();
    addresses_.clear();
    server_ = {};
    deadline_.reset();
}

base::Status Client::read_password() {
    credentials_ = {.user = settings_.user, .password = settings_.password};
    if (!settings_.password_file.empty())
        // At every dial: a changed file is a changed password.
        credentials_.password = TRY(base::Secret::read_file(settings_.password_file));
    return {};
}

void Client::dial() {
    const base::Time now = ground_.world.now();
    dials_++;
    attempts_++;
    dialed_at_ = now;
    forget_call();

    // What is wrong with the settings is found before anything is said of dialing.
    state_ = State::Calling;
    const auto target = config::parse_endpoint(settings_.connect_to);
    if (!target) {
        failed({Layer::Config, Side::Local, ErrorCode::Invalid,
                fmt::format("connect-to \"{}\" is wrong: {}", settings_.connect_to,
                            target.error().text)});
        return;
    }
    if (const auto fits = config::check(settings_); !fits) {
        failed({Layer::Config, Side::Local, ErrorCode::Invalid, fits.error().text});
        return;
    }
    port_ = target->port;
    if (const auto read = read_password(); !read) {
        failed({Layer::Config, Side::Local, ErrorCode::Invalid, read.error().text});
        return;
    }
    tell(Level::Debug, event_id::Dialing, fmt::format("dialing {}", settings_.connect_to));
    if (const auto address = base::Ipv4::parse(target->host)) {
        addresses_.push_back(*address);
        call_next();
        return;
    }
    state_ = State::Resolving;
    deadline_ = now + ResolveTimeout;
    lookup_ = ground_.world.resolve(
        target->host, [this](base::Result<std::vector<base::Ipv4>> r) { resolved(std::move(r)); });
    arm();
}

void Client::resolved(base::Result<std::vector<base::Ipv4>> addresses) {
    if (state_ != State::Resolving)
        return;
    lookup_.reset();
    deadline_.reset();
    if (!addresses) {
        failed({Layer::Name, Side::Local, ErrorCode::Unreachable, addresses.error().text});
        return;
    }
    for (const base::Ipv4 address : *addresses)
        if (addresses_.size() < MaxAddresses)
            addresses_.push_back(address);
    call_next();
}

void Client::call_next() {
    server_ = addresses_.front();
    addresses_.pop_front();
    state_ = State::Calling;
    call_ = std::make_unique<PptpCall>(ground_, plan(), [this] { turn(); });
    call_->start(ground_.world.now());
    turn();
}

PptpCall::Plan Client::plan() const {
    PptpCall::Plan plan;
    plan.client = settings_;
    plan.credentials = credentials_;
    plan.server = server_;
    plan.port = port_;
    plan.interface = settings_.name.empty() ? "pptp-out%d" : settings_.name;
    plan.lifetime = policy_.lifetime;
    plan.blob = encode(Blob{.client = settings_.name, .dial = dials_});
    return plan;
}

// -- inputs while there is a call

void Client::turn() {
    const auto handle = [this](auto &output) { on(output); };
    while (call_ && drain(*call_, handle)) {
    }
    arm();
}

void Client::woken() {
    const base::Time now = ground_.world.now();
    finished_.clear();
    if (call_) {
        call_->expire(now);
        turn();
        return;
    }
    if (!due(deadline_, now)) {
        arm();
        return;
    }
    deadline_.reset();
    if (state_ == State::Resolving) {
        lookup_.reset();
        failed(
            {Layer::Name, Side::Local, ErrorCode::Unreachable,
             fmt::format("the name service did not answer within {} s", ResolveTimeout.count())});
    } else if (state_ == State::Waiting) {
        dial();
    }
}

void Client::kernel_event(const netlink::Event &event) {
    if (!call_)
        return;
    call_->kernel_event(event, ground_.world.now());
    turn();
}

void Client::arm() {
    base::Deadline next = deadline_;
    if (call_)
        next = base::earlier(next, call_->deadline());
    if (!finished_.empty())
        next = ground_.world.now();
    alarm_->arm(next);
}

// -- commands

void Client::stop(std::string why) {
    redial_ = false;
    if (state_ == State::Off)
        return;
    stopping_ = true;
    if (call_) {
        call_->stop(ground_.world.now(), user_reason(std::move(why)));
        turn();
        return;
    }
    lookup_.reset();
    deadline_.reset();
    failed(user_reason(std::move(why)));
}

void Client::abort(std::string why) {
    redial_ = false;
    if (state_ == State::Off)
        return;
    stopping_ = true;
    if (call_) {
        call_->abort(user_reason(std::move(why)));
        turn();
        return;
    }
    stop(std::move(why));
}

void Client::apply(config::Client settings) {
    const Difference changed = difference(settings_, settings);
    settings_ = std::move(settings);
    if (changed.enabled && !settings_.enabled) {
        stop("disabled");
        return;
    }
    if (changed.enabled && settings_.enabled && !changed.redial) {
        start();
        return;
    }
    if (changed.redial) {
        if (!settings_.enabled)
            return;
        last_failure_told_.clear();
        backoff_.reset();
        if (call_) {
            stop("settings changed");
            stopping_ = false;
            redial_ = state_ != State::Off;
            if (state_ == State::Off)
                start();
            return;
        }
        lookup_.reset();
        dial();
        return;
    }
    if (!call_)
        return;
    if (changed.route) {
        call_->set_default_route(settings_.add_default_route
                                     ? std::optional(DefaultRoute{settings_.default_route_distance})
                                     : std::nullopt);
    }
    if (changed.reorder) {
        const auto set = call_->set_reorder(settings_.reorder_slots, settings_.reorder_time);
        if (!set)
            tell(Level::Warning, event_id::Setting,
                 fmt::format("reorder-slots and reorder-time were not applied: {}",
                             set.error().text));
    }
    turn();
}

// -- what the call says

void Client::on(const PptpCall::TcpUp &) {
    tell(Level::Debug, event_id::Tcp, fmt::format("tcp connected ({}:{})", server_.text(), port_));
}

void Client::on(const PptpCall::ControlUp &output) {
    tell(Level::Debug, event_id::Control,
         fmt::format("control connection up (host \"{}\", vendor \"{}\")", output.host,
                     output.vendor),
         {{"host_name", output.host}, {"vendor", output.vendor}});
}

void Client::on(const PptpCall::LcpUp &output) {
    const std::string method(output.method ? auth::info(*output.method).name
                                           : std::string_view("no authentication"));
    tell(Level::Debug, event_id::Lcp,
         fmt::format("lcp opened (mtu {}, mru {}, {})", output.mtu, output.mru, method),
         {{"mtu", std::to_string(output.mtu)},
          {"mru", std::to_string(output.mru)},
          {"method", output.method ? method : "none"}});
}

void Client::on(const PptpCall::Reached &output) {
    peer_call_ = output.peer;
    tell(Level::Debug, event_id::Call,
         fmt::format("connected to {}:{}, call {}/{}", server_.text(), port_, output.local,
                     output.peer),
         {{"call_id", std::to_string(output.local)},
          {"peer_call_id", std::to_string(output.peer)},
          {"host_name", output.host},
          {"vendor", output.vendor}});
}

void Client::on(const PptpCall::Verifying &) {
    verifying_ = true;
    tell(Level::Debug, event_id::Verifying, "verifying password...");
}

void Client::on(const PptpCall::Verified &output) {
    method_ = output.method;
    const std::string method(auth::info(output.method).name);
    tell(Level::Debug, event_id::Verified,
         fmt::format("password accepted ({}){}", method,
                     output.message.empty() ? "" : fmt::format(": \"{}\"", output.message)),
         {{"authentication", method}});
}

void Client::on(const PptpCall::Encoding &output) {
    encoding_ = output;
    if (up_ && output.mtu)
        up_->what.mtu = *output.mtu;
    if (output.encoding == "none")
        return;  // what comes of it is told
    Fields fields{{"encoding", output.encoding}, {"insecure", output.insecure ? "yes" : "no"}};
    tell(output.insecure ? Level::Info : Level::Debug, event_id::Encryption,
         fmt::format("encryption {}{}", output.encoding, output.insecure ? " (insecure)" : ""),
         std::move(fields));
}

void Client::on(const PptpCall::NotEncrypted &output) {
    tell(Level::Info, event_id::Encryption, fmt::format("not encrypted: {}", output.why),
         {{"encoding", "none"}, {"reason", output.why}});
}

void Client::on(const PptpCall::Up &output) {
    const base::Time now = ground_.world.now();
    up_ = Connection{output, now};
    interface_ = output.interface;
    verifying_ = false;
    attempts_ = 0;
    last_reason_.reset();
    last_failure_told_.clear();
    std::string dns;
    for (const base::Ipv4 server : output.dns)
        dns += (dns.empty() ? "" : " ") + server.text();
    Fields fields{
        {"interface", output.interface},
        {"local_address", output.local.text()},
        {"remote_address", output.remote.unspecified() ? "" : output.remote.text()},
        {"mtu", std::to_string(output.mtu)},
        {"mru", std::to_string(output.mru)},
        {"encoding", encoding_.encoding},
        {"insecure", encoding_.insecure ? "yes" : "no"},
        {"authentication", method_ ? std::string(auth::info(*method_).name) : "none"},
        {"took_ms",
         std::to_string(
             std::chrono::duration_cast<std::chrono::milliseconds>(now - dialed_at_).count())}};
    if (!dns.empty())
        fields["dns"] = dns;
    tell(Level::Info, event_id::Up,
         fmt::format("connected: {} {} -> {} mtu {} {}{}", output.interface, output.local.text(),
                     output.remote.unspecified() ? "*" : output.remote.text(), output.mtu,
                     encoding_.encoding == "none" ? "not encrypted" : encoding_.encoding,
                     encoding_.insecure ? " (insecure)" : ""),
         std::move(fields));
}

void Client::on(const PptpCall::Down &) {
    if (!up_)
        return;
    lasted_ = lasted_.value_or(base::Duration::zero()) + (ground_.world.now() - up_->since);
    up_.reset();
}

void Client::on(const PptpCall::MtuLowered &output) {
    tell(Level::Warning, event_id::Mtu,
         fmt::format("mtu {} instead of {}: the path to {} takes {} octets, {} of them ours",
                     output.mtu, output.wanted, server_.text(), output.path, output.ours),
         {{"mtu", std::to_string(output.mtu)}, {"path_mtu", std::to_string(output.path)}});
}

void Client::on(const PptpCall::RouteFailed &output) {
    tell(Level::Warning, event_id::Route,
         fmt::format("no default route through the tunnel: {}", output.text));
}

void Client::on(const PptpCall::NoPeerRoute &output) {
    tell(Level::Info, event_id::Route,
         fmt::format("no route to {} through the tunnel: inside it the server has the address that "
                     "the tunnel itself goes to",
                     output.peer.text()));
}

void Client::on(const PptpCall::Ended &output) {
    const PptpCall::Ended end = output;
    finished_.push_back(std::move(call_));
    const bool elsewhere = !end.tcp_connected && end.reason.layer == Layer::Tcp && !stopping_ &&
                           !redial_ && !addresses_.empty();
    if (elsewhere)
        call_next();
    else
        failed(end.reason, end.stats);
}

// The dial has come to nothing, or its call has ended: says so, and what comes next.
void Client::failed(Reason reason, const netlink::Stats &stats) {
    const base::Time now = ground_.world.now();
    const bool was_up = lasted_.has_value();
    const bool by_user = reason.by == Side::User;
    const bool again = !stopping_ && policy_.reconnect == Reconnect::Yes && settings_.enabled;
    if (was_up && *lasted_ >= Backoff::Lasting)
        backoff_.reset();

    base::Duration wait{};
    Fields fields{{"layer", std::string(name(reason.layer))},
                  {"by", std::string(name(reason.by))},
                  {"cause", std::string(info(cause_of(reason)).name)},
                  {"outcome", by_user  ? "terminated"
                              : was_up ? "disconnected"
                                       : "failed"},
                  {"reason", reason.text}};
    if (again && !redial_) {
        const auto after = reason.code == ErrorCode::AuthFailed && !by_user
                               ? Backoff::After::AuthFailure
                               : Backoff::After::Failure;
        wait = backoff_.next(after, ground_.random);
        fields["retry_in_ms"] =
            std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(wait).count());
    }
    if (was_up) {
        fields["uptime"] =
            std::to_string(std::chrono::duration_cast<std::chrono::seconds>(*lasted_).count());
        fields["rx_bytes"] = std::to_string(stats.rx_bytes);
        fields["tx_bytes"] = std::to_string(stats.tx_bytes);
    }

    last_reason_ = reason;
    state_ = State::Waiting;
    deadline_.reset();
    verifying_ = false;
    const bool redial = again && redial_;
    if (again && !redial)
        deadline_ = now + wait;

    if (by_user)
        tell(Level::Info, event_id::Down, fmt::format("terminated ({})", reason.text),
             std::move(fields));
    else if (was_up)
        tell(Level::Warning, event_id::Down,
             fmt::format("disconnected after {}: {}", base::format_uptime(*lasted_), reason.text),
             std::move(fields));
    else
        // The same failure every minute is told once.
        tell(std::exchange(last_failure_told_, reason.text) == reason.text ? Level::Debug
                                                                           : Level::Warning,
             event_id::Failed, reason.text, std::move(fields));

    lasted_.reset();
    if (redial)
        dial();
    else if (!again)
        rest();
    arm();
}

void Client::rest() {
    state_ = State::Off;
    stopping_ = false;
    addresses_.clear();
    credentials_ = {};
    ended_callback_();
}

void Client::tell(Level level, std::string_view id, std::string text, Fields fields) {
    ctl::Event event;
    event.time = ground_.world.epoch();
    event.id = id;
    event.object = "client";
    event.name = settings_.name;
    event.text = std::move(text);
    event.fields = std::move(fields);
    event.fields.emplace("connect_to", settings_.connect_to);
    event.fields.emplace("user", settings_.user);
    if (!server_.unspecified())
        event.fields.emplace("server", fmt::format("{}:{}", server_.text(), port_));
    if (!interface_.empty())
        event.fields.emplace("interface", interface_);
    sink_(level, event);
}

}  // namespace rtun::daemon
