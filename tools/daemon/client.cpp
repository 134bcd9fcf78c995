// SPDX-License-Identifier: GPL-2.0-or-later
//
// The life of a client: dial, call, be up, end, wait, dial again.
#include <daemon/client.h>

#include <config/grammar.h>
#include <daemon/blob.h>
#include <daemon/bridge_port.h>
#include <daemon/client_profile.h>
#include <daemon/difference.h>
#include <daemon/drive.h>
#include <daemon/name_servers.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

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
    begin();
}

void Client::begin() {
    redial_ = false;
    // Together with a bridge it is refused by dial().
    const auto wanted = effective();
    if (settings_.dial_on_demand && (!wanted || wanted->port.bridge.empty())) {
        prepare();
    } else {
        standby_.reset();
        dial();
    }
}

void Client::forget_call() {
    redial_ = false;
    interface_ = standby_ ? settings_.name : "";
    deadline_.reset();
    round_.clear();
    server_ = {};
    addresses_.clear();
    verifying_ = false;
    method_.reset();
    encoding_ = {.encoding = "none", .insecure = false, .mtu = {}};
}

base::Status Client::read_password() {
    credentials_ = {.user = settings_.user, .password = settings_.password};
    if (!settings_.password_file.empty())
        // At every dial: a changed file is a changed password.
        credentials_.password = TRY(base::Secret::read_file(settings_.password_file));
    return {};
}

void Client::dial() {
    dials_++;
    attempts_++;
    dialed_at_ = ground_.world.now();
    forget_call();

    // What is wrong with the settings is found before anything is said of dialing.
    state_ = State::Calling;
    if (const auto looked = look_at_settings(); !looked) {
        failed({Layer::Config, Side::Local, ErrorCode::Invalid, looked.error().text});
        return;
    }
    tell(Level::Debug, event_id::Dialing, fmt::format("dialing {}", settings_.connect_to));
    if (dialed_.mrru != 0)
        call_bundle();
    else
        next_server();
}

base::Result<config::Client> Client::effective() const {
    const auto profile =
        policy_.profile ? policy_.profile(settings_.profile) : builtin_profile(settings_.profile);
    if (!profile)
        return base::fail(ErrorCode::Invalid,
                          fmt::format("there is no profile \"{}\"", settings_.profile));
    return with_profile(settings_, *profile);
}

base::Status Client::look_at_settings() {
    auto servers = config::parse_endpoints(settings_.connect_to);
    if (!servers)
        return base::fail(ErrorCode::Invalid,
                          fmt::format("connect-to \"{}\" is wrong: {}", settings_.connect_to,
                                      servers.error().text));
    servers_.assign(servers->begin(), servers->end());
    dialed_ = TRY(effective());
    TRY(config::check(dialed_));
    if (!dialed_.port.bridge.empty())
        TRY(find_bridge(ground_.kernel, dialed_.port.bridge));
    return read_password();
}

void Client::next_server() {
    const config::Endpoint target = servers_.front();
    servers_.pop_front();
    server_name_ = target.host;
    port_ = target.port;
    server_ = {};
    addresses_.clear();
    verifying_ = false;
    method_.reset();
    encoding_ = {.encoding = "none", .insecure = false, .mtu = {}};
    if (const auto known = known_.find(target.host); known != known_.end())
        addresses_.assign(known->second.begin(), known->second.end());
    else if (const auto address = base::Ipv4::parse(target.host))
        addresses_.push_back(*address);
    if (!addresses_.empty()) {
        call_next();
        return;
    }
    state_ = State::Resolving;
    deadline_ = ground_.world.now() + ResolveTimeout;
    lookup_ = ground_.world.resolve(
        target.host, [this](base::Result<Addresses> answer) { resolved(std::move(answer)); });
    arm();
}

void Client::resolved(base::Result<Addresses> addresses) {
    if (state_ != State::Resolving)
        return;
    lookup_.reset();
    deadline_.reset();
    if (!addresses) {
        lost({Layer::Name, Side::Local, ErrorCode::Unreachable, addresses.error().text});
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

base::Result<std::unique_ptr<ClientBundle>> Client::bundle() {
    ClientBundle::Plan plan;
    plan.links = TRY(config::links_of(dialed_));
    plan.client = dialed_;
    plan.credentials = credentials_;
    plan.interface = interface_name();
    if (standby_)
        plan.device = standby_->link();
    plan.lifetime = policy_.lifetime;
    plan.blob = encode(Blob{.client = settings_.name, .dial = dials_});
    plan.known = known_;
    return std::make_unique<ClientBundle>(ground_, std::move(plan), [this] { turn(); });
}

void Client::call_bundle() {
    auto made = bundle();
    if (!made) {
        failed({Layer::Config, Side::Local, ErrorCode::Invalid, made.error().text});
        return;
    }
    servers_.clear();
    call_ = std::move(*made);
    call_->start(ground_.world.now());
    turn();
}

std::string Client::interface_name() const {
    return settings_.name.empty() ? "pptp-out%d" : settings_.name;
}

PptpCall::Plan Client::plan() const {
    PptpCall::Plan plan;
    plan.client = dialed_;
    plan.credentials = credentials_;
    plan.server = server_;
    plan.port = port_;
    if (!dialed_.src_address.empty())
        plan.source = dialed_.src_address.front();
    if (!dialed_.src_interface.empty())
        plan.bind = dialed_.src_interface.front();
    plan.interface = interface_name();
    if (standby_)
        plan.device = standby_->link();
    plan.lifetime = policy_.lifetime;
    plan.blob = encode(Blob{.client = settings_.name, .dial = dials_});
    return plan;
}

void Client::lost(Reason reason, const netlink::Stats &stats) {
    round_.push_back(fmt::format("{}: {}", server_name_, reason.text));
    // The same password would be refused by the others, and count as a failure there.
    const bool others = !servers_.empty() && !stopping_ && !redial_ && !lasted_ &&
                        reason.by != Side::User && reason.code != ErrorCode::AuthFailed &&
                        reason.layer != Layer::Kernel;
    if (others) {
        tell(Level::Debug, event_id::Server,
             fmt::format("{}; next {}", round_.back(), servers_.front().host),
             {{"layer", std::string(name(reason.layer))}, {"reason", reason.text}});
        next_server();
        return;
    }
    if (round_.size() > 1 && !lasted_)
        reason.text = fmt::format("{}", fmt::join(round_, "; "));
    failed(std::move(reason), stats);
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
    lookup_.reset();
    const auto silent = [] {
        return fmt::format("the name service did not answer within {} s", ResolveTimeout.count());
    };
    if (state_ == State::Preparing)
        prepared(base::fail(ErrorCode::Unreachable, silent()));
    else if (state_ == State::Resolving)
        lost({Layer::Name, Side::Local, ErrorCode::Unreachable, silent()});
    else if (state_ == State::Waiting)
        begin();
}

void Client::kernel_event(const netlink::Event &event) {
    const auto *notice = std::get_if<netlink::Notice>(&event);
    if (state_ == State::Standby && notice != nullptr)
        standby_event(*notice);
    else if (notice != nullptr && !notice->session && !notice->tunnel)
        return;  // of no call
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
    // On demand its routes are there without a call, too.
    if (changed.redial || (changed.route && settings_.dial_on_demand)) {
        if (settings_.enabled)
            begin_anew("settings changed");
        return;
    }
    if (!call_)
        return;
    if (changed.route) {
        std::optional<DefaultRoute> wanted;
        if (settings_.add_default_route)
            wanted = DefaultRoute{.distance = settings_.default_route_distance,
                                  .pin_server = settings_.host_route};
        call_->set_default_route(wanted);
    }
    if (changed.links && !set_links()) {
        begin_anew("settings changed");
        return;
    }
    if (changed.reorder) {
        const auto set = call_->set_order(settings_);
        if (!set)
            tell(Level::Warning, event_id::Setting,
                 fmt::format("reorder-slots, reorder-time and test-type were not applied: {}",
                             set.error().text));
    }
    turn();
}

bool Client::set_links() {
    auto now = effective();
    if (!now || !config::check(*now) || !call_->set_links(*now, ground_.world.now()))
        return false;
    dialed_ = std::move(*now);
    return true;
}

void Client::begin_anew(std::string why) {
    last_failure_told_.clear();
    backoff_.reset();
    known_.clear();
    if (!call_) {
        lookup_.reset();
        begin();
        return;
    }
    stop(std::move(why));
    stopping_ = false;
    redial_ = state_ != State::Off;
    if (state_ == State::Off)
        start();
}

void Client::profile_changed() {
    if (state_ == State::Off || !call_)
        return;  // the next dial asks for it
    const auto now = effective();
    if (!now || difference(*now, dialed_).redial)
        begin_anew("profile changed");
}

// -- the end of a call, and of a dial

void Client::on(const Call::Ended &output) {
    const Call::Ended end = output;
    finished_.push_back(std::move(call_));
    const bool elsewhere = !end.tcp_connected && end.reason.layer == Layer::Tcp && !stopping_ &&
                           !redial_ && !addresses_.empty();
    if (elsewhere)
        call_next();
    else
        lost(end.reason, end.stats);
}

// The dial has come to nothing, or its call has ended: says so, and what comes next.
void Client::failed(Reason reason, const netlink::Stats &stats) {
    const base::Time now = ground_.world.now();
    const bool was_up = lasted_.has_value();
    const bool by_user = reason.by == Side::User;
    const bool again = !stopping_ && policy_.reconnect == Reconnect::Yes && settings_.enabled;
    if (was_up && *lasted_ >= Backoff::Lasting)
        backoff_.reset();

    // On demand there is no call to get back where there was nothing to carry.
    const bool at_once = again && (redial_ || (settings_.dial_on_demand && by_user));
    base::Duration wait{};
    Fields fields{{"layer", std::string(name(reason.layer))},
                  {"by", std::string(name(reason.by))},
                  {"cause", std::string(info(cause_of(reason)).name)},
                  {"outcome", by_user  ? "terminated"
                              : was_up ? "disconnected"
                                       : "failed"},
                  {"reason", reason.text}};
    if (again && !at_once) {
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
    if (again && !at_once)
        deadline_ = now + wait;
    if (!was_up)
        known_.clear();  // the servers may have moved

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
    if (at_once)
        begin();
    else if (!again)
        rest();
    arm();
}

void Client::rest() {
    state_ = State::Off;
    stopping_ = false;
    addresses_.clear();
    servers_.clear();
    known_.clear();
    credentials_ = {};
    standby_.reset();
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
    if (!settings_.log_tag.empty())
        event.fields.emplace("tag", settings_.log_tag);
    if (!interface_.empty())
        event.fields.emplace("interface", interface_);
    sink_(level, event);
}

}  // namespace rtun::daemon
