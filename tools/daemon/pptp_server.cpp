// SPDX-License-Identifier: GPL-2.0-or-later
//
// Doors, who comes through them, and the list of who is in.
#include <daemon/pptp_server.h>

#include <daemon/drive.h>
#include <daemon/server_events.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rtun::daemon {

using base::ErrorCode;
using base::log::Level;

namespace {

// Refused connections of one cause are told of once in so long, with their number.
constexpr std::chrono::seconds RefusedEvery{10};

std::string text_of(const config::PptpServer::Listen &where) {
    return fmt::format("{}:{}{}", where.address.unspecified() ? "*" : where.address.text(),
                       where.port, where.vrf.empty() ? "" : "@" + where.vrf);
}

}  // namespace

PptpServer::PptpServer(const Parts &parts, EventSink sink, std::function<void()> quiet)
    : parts_(parts), sink_(std::move(sink)),
      quiet_(std::move(quiet)), ground_{parts.world,
                                        parts.kernel,
                                        parts.random,
                                        parts.routes,
                                        parts.users,
                                        parts.pools,
                                        throttle_,
                                        parts.store,
                                        parts.dressing,
                                        admission_,
                                        sessions_,
                                        bundles_,
                                        names_,
                                        index_,
                                        [this](Level level, const ctl::Event &event) {
                                            sink_(limited(level, event), event);
                                        },
                                        [this] { written(); }},
      bundles_(ground_), settings_(std::make_shared<const ServerSettings>()),
      alarm_(parts.world.alarm([this] { woken(); })) {
    parts_.store.hold(true);
}

PptpServer::~PptpServer() {
    doors_.clear();
    connections_.clear();
    sync(parts_.world.now());
    parts_.store.hold(false);
}

// -- configuration

void PptpServer::apply(const config::PptpServer &server, const config::Accounting &accounting) {
    const bool other_pace = accounting.interim_update != accounting_.interim_update;
    accounting_ = accounting;
    if (server.mrru > 0 && !discriminator_)
        identify();
    settings_ = std::make_shared<const ServerSettings>(ServerSettings{
        .server = server, .accounting = accounting.enabled, .discriminator = discriminator_});
    admission_.set(server);
    bundles_.settings_changed(settings_);
    follow(server.enabled && !stopping_ ? server.listen
                                        : std::vector<config::PptpServer::Listen>{});
    for (const Connection &connection : connections_) {
        connection->settings_changed(settings_);
        if (!server.enabled)
            connection->stop({Layer::Config, Side::User, ErrorCode::Closed,
                              "the server was disabled", Cause::ServerDisabled});
    }
    // What is applied more often than that must not put it off for ever.
    if (!accounting.enabled || accounting.interim_update.count() == 0)
        interim_.reset();
    else if (!interim_ || other_pace)
        interim_ = parts_.world.now() + accounting.interim_update;
    arm();
}

// The same from one program to the next: who has several links with us knows us by it. Without a
// store it is as long as this program.
void PptpServer::identify() {
    constexpr unsigned half = 32;
    const std::uint64_t proposal =
        (std::uint64_t{parts_.random.u32()} << half) | parts_.random.u32();
    const std::uint64_t ours = parts_.store.identity(proposal).value_or(proposal);
    base::Writer writer;
    writer.be32(static_cast<std::uint32_t>(ours >> half));
    writer.be32(static_cast<std::uint32_t>(ours));
    discriminator_ = ppp::Discriminator::make(ppp::Discriminator::Class::Local, writer.view());
}

void PptpServer::terms_changed() {
    bundles_.terms_changed();
    for (const Connection &connection : connections_)
        if (!connection->ended())
            connection->terms_changed();
}

void PptpServer::follow(const std::vector<config::PptpServer::Listen> &wanted) {
    std::erase_if(doors_, [&](const auto &door) {
        return std::find(wanted.begin(), wanted.end(), door->where) == wanted.end();
    });
    for (const auto &where : wanted) {
        const bool there = std::any_of(doors_.begin(), doors_.end(),
                                       [&](const auto &door) { return door->where == where; });
        if (there)
            continue;
        doors_.push_back(std::make_unique<Door>());
        doors_.back()->where = where;
        open(*doors_.back());
    }
}

// An address or a VRF that is not there yet may come: it is tried again.
void PptpServer::open(Door &door) {
    const auto opened = [&]() -> base::Status {
        if (!door.where.vrf.empty())
            door.device = static_cast<std::uint32_t>(TRY(parts_.kernel.link_index(door.where.vrf)));
        ListenHandlers handlers;
        handlers.admit = [this](base::Ipv4 host) { return admit(host); };
        handlers.accepted = [this, device = door.device](std::unique_ptr<Stream> stream) {
            return accept(std::move(stream), device);
        };
        door.listener = TRY(parts_.world.listen(
            {.address = door.where.address, .port = door.where.port, .device = door.where.vrf},
            std::move(handlers)));
        return {};
    }();
    door.again.reset();
    if (opened) {
        door.failure.clear();
        tell(Level::Info, server_id::Listening,
             fmt::format("pptp server listens at {}", text_of(door.where)));
        return;
    }
    door.again = parts_.world.now() + door.backoff.next(Backoff::After::Failure, parts_.random);
    tell(std::exchange(door.failure, opened.error().text) == opened.error().text ? Level::Debug
                                                                                 : Level::Error,
         server_id::ListenFailed,
         fmt::format("pptp server cannot listen at {}: {}", text_of(door.where),
                     opened.error().text));
}

// -- who comes

bool PptpServer::admit(base::Ipv4 host) {
    const base::Time now = parts_.world.now();
    const auto why =
        stopping_ ? std::optional(Cause::DaemonStopped) : admission_.connection(host, now);
    if (!why)
        return true;
    refusals_[*why]++;
    Quiet &quiet = told_[*why];
    if (now < quiet.until) {
        quiet.held++;
        return false;
    }
    const std::uint64_t held = std::exchange(quiet.held, 0);
    quiet.until = now + RefusedEvery;
    tell(Level::Warning, server_id::Refused,
         fmt::format("connection from {} refused: {}{}", host.text(), info(*why).words,
                     held > 0 ? fmt::format(" (and {} before)", held) : ""),
         {{"peer", host.text()},
          {"outcome", "refused"},
          {"layer", std::string(name(Layer::Tcp))},
          {"by", std::string(name(Side::Local))},
          {"cause", std::string(info(*why).name)},
          {"reason", std::string(info(*why).words)},
          {"before", std::to_string(held)}});
    return false;
}

StreamHandlers PptpServer::accept(std::unique_ptr<Stream> stream, std::uint32_t device) {
    HalfOpen half_open = admission_.take(stream->remote());
    connections_.push_back(std::make_unique<ServerConnection>(
        ground_, settings_, ServerConnection::Place{.device = device}, [this] {
            purge_ = true;  // it is on the stack
            arm();
        }));
    connections_.back()->begin(std::move(stream), std::move(half_open));
    return connections_.back()->handlers();
}

void PptpServer::purge() {
    purge_ = false;
    connections_.remove_if([](const Connection &connection) { return connection->ended(); });
    if (stopping_ && connections_.empty())
        quiet_();
}

// -- what the kernel says

bool PptpServer::kernel_event(const netlink::Event &event) {
    if (bundles_.kernel_event(event))
        return true;
    const auto to = [&](const auto &index, auto id) {
        const auto found = index.find(static_cast<std::uint32_t>(id));
        if (found == index.end())
            return false;
        found->second->kernel_event(event);
        return true;
    };
    if (const auto *frame = std::get_if<netlink::Frame>(&event))
        return to(index_.sessions, frame->session);
    if (const auto *session = std::get_if<netlink::SessionGone>(&event))
        return to(index_.sessions, session->id);
    if (const auto *changed = std::get_if<netlink::SessionChanged>(&event))
        return to(index_.sessions, changed->session.id);
    if (const auto *tunnel = std::get_if<netlink::TunnelGone>(&event))
        return to(index_.tunnels, tunnel->id);
    if (const auto *notice = std::get_if<netlink::Notice>(&event))
        return notice->session  ? to(index_.sessions, *notice->session)
               : notice->tunnel ? to(index_.tunnels, *notice->tunnel)
                                : false;
    if (std::holds_alternative<netlink::Overrun>(event))
        compare_all();
    return false;
}

// One question for all sessions: thousands of them may have to be looked at.
void PptpServer::compare_all() {
    if (index_.sessions.empty())
        return;
    const auto sessions = parts_.kernel.sessions();
    if (!sessions)
        return;  // the keepalives are left
    std::unordered_map<std::uint32_t, bool> devices;
    for (const netlink::Session &session : *sessions)
        devices.emplace(static_cast<std::uint32_t>(session.id), session.device.has_value());
    const auto there = [&](netlink::SessionId id, bool device) {
        const auto found = devices.find(static_cast<std::uint32_t>(id));
        return found != devices.end() && (found->second || !device);
    };
    bundles_.compare(there);
    for (const Connection &connection : connections_)
        connection->compare(there);
}

// -- time

void PptpServer::woken() {
    const base::Time now = parts_.world.now();
    if (purge_)
        purge();
    for (const auto &door : doors_)
        if (due(door->again, now))
            open(*door);
    if (due(sync_, now))
        sync(now);
    if (due(interim_, now)) {
        interim_ = now + accounting_.interim_update;
        interim();
    }
    arm();
}

void PptpServer::arm() {
    base::Deadline next = base::earlier(interim_, sync_);
    for (const auto &door : doors_)
        next = base::earlier(next, door->again);
    if (purge_)
        next = parts_.world.now();
    alarm_->arm(next);
}

// All in one transaction, from one question to the kernel.
void PptpServer::interim() {
    if (const auto trimmed = parts_.store.trim(accounting_.keep); !trimmed)
        tell(Level::Error, server_id::Accounting,
             fmt::format("old records were not removed: {}", trimmed.error().text));
    if (sessions_.size() == 0)
        return;
    const auto sessions = parts_.kernel.sessions();
    if (!sessions)
        return;
    std::vector<aaa::Store::Counters> counters;
    for (const netlink::Session &session : *sessions) {
        auto its = bundles_.counters(session);
        if (const auto of = index_.sessions.find(static_cast<std::uint32_t>(session.id));
            of != index_.sessions.end())
            its = of->second->counters(session);
        if (its)
            counters.push_back(std::move(*its));
    }
    if (counters.empty())
        return;
    const auto kept = parts_.store.update(counters, parts_.world.epoch());
    written();
    if (!kept)
        tell(Level::Error, server_id::Accounting,
             fmt::format("counters of {} sessions were not recorded: {}", counters.size(),
                         kept.error().text));
}

// At once if it has been quiet; else together with what else comes soon.
void PptpServer::written() {
    const base::Time now = parts_.world.now();
    if (sync_)
        return;
    if (now - synced_ >= SyncEvery) {
        sync(now);
        return;
    }
    sync_ = synced_ + SyncEvery;
    arm();
}

void PptpServer::sync(base::Time now) {
    sync_.reset();
    synced_ = now;
    if (const auto synced = parts_.store.sync(); !synced)
        tell(Level::Error, server_id::Accounting,
             fmt::format("records are not on the disk: {}", synced.error().text));
}

// -- who is in

void PptpServer::each(const std::function<void(const Active &)> &visit) const {
    for (const Connection &connection : connections_)
        for (const auto &call : connection->calls())
            if (call->known() && !call->ended())
                visit({.session = call->user(), .call = call.get()});
    bundles_.each(
        [&](const ServerBundle &bundle) { visit({.session = bundle.user(), .bundle = &bundle}); });
}

unsigned PptpServer::kill(std::string_view who, const Reason &reason) {
    const auto host = base::Ipv4::parse(who);
    const auto numbered = [who](const std::optional<netlink::SessionId> &id) {
        return id && std::to_string(static_cast<std::uint32_t>(*id)) == who;
    };
    const auto of = [who, &host](const UserSession &user) {
        return user.known() && !user.is_ending() &&
               (user.session()->user == who || user.session()->interface == who ||
                (host && user.caller() == *host));
    };
    const auto meant = [&](const ServerCall &call) {
        return of(call.user()) ||
               ((call.known() || call.joined()) && !call.reason() && numbered(call.kernel_id()));
    };
    const auto from = [&](const ServerCall *link) { return host && link->caller() == *host; };
    unsigned killed = bundles_.stop(
        [&](const ServerBundle &bundle) {
            const auto links = bundle.links();
            return of(bundle.user()) || numbered(bundle.kernel_id()) ||
                   std::any_of(links.begin(), links.end(), from);
        },
        reason);
    for (const Connection &connection : connections_)
        killed += connection->stop_calls(meant, reason);
    return killed;
}

std::vector<std::string> PptpServer::listening() const {
    std::vector<std::string> all;
    for (const auto &door : doors_)
        if (door->listener)
            all.push_back(text_of(door->where));
    return all;
}

std::string PptpServer::last_error() const {
    for (const auto &door : doors_)
        if (!door->failure.empty())
            return fmt::format("{}: {}", text_of(door->where), door->failure);
    return {};
}

std::vector<PptpServer::Refusals> PptpServer::refusals() const {
    std::vector<Refusals> all;
    for (const auto &[cause, times] : refusals_)
        all.push_back({cause, times});
    return all;
}

void PptpServer::stop_all(const Reason &reason) {
    stopping_ = true;
    doors_.clear();
    for (const Connection &connection : connections_)
        connection->stop(reason);
    purge_ = true;  // tells that it is quiet if there is nobody
    arm();
}

void PptpServer::abort_all(const Reason &reason) {
    stopping_ = true;
    doors_.clear();
    for (const Connection &connection : connections_)
        connection->abort(reason);
    purge_ = true;
    arm();
}

// -- words

void PptpServer::tell(Level level, std::string_view id, std::string text,
                      std::map<std::string, std::string> fields) {
    ctl::Event event;
    event.time = parts_.world.epoch();
    event.id = id;
    event.object = "server";
    event.name = "pptp";
    event.text = std::move(text);
    event.fields = std::move(fields);
    sink_(level, event);
}

// What strangers can make us say is said at a bounded rate; more of it is for debugging.
Level PptpServer::limited(Level level, const ctl::Event &event) {
    const bool of_strangers = event.id == server_id::Failed || event.id == server_id::Refused ||
                              event.id == server_id::AuthFailed;
    if (!of_strangers)
        return level;
    const base::Time now = parts_.world.now();
    if (now - words_since_ >= std::chrono::seconds(1)) {
        words_since_ = now;
        words_ = 0;
    }
    return words_++ < MaxWords ? level : Level::Debug;
}

}  // namespace rtun::daemon
