// SPDX-License-Identifier: GPL-2.0-or-later
//
// Events find their bundle by an index; links come seldom, and theirs is searched.
#include <daemon/server_bundles.h>

#include <daemon/server_call.h>

#include <algorithm>
#include <utility>

namespace rtun::daemon {

ServerBundles::ServerBundles(const ServerGround &ground)
    : ground_(ground), alarm_(ground.world.alarm([this] { purge(); })) {}

ServerBundles::~ServerBundles() = default;

ServerBundle &ServerBundles::add(ServerBundle::Plan plan) {
    // It may be on the stack when it ends.
    bundles_.push_back(std::make_unique<ServerBundle>(
        ground_, std::move(plan), [this] { alarm_->arm(ground_.world.now()); }));
    return *bundles_.back();
}

void ServerBundles::purge() {
    bundles_.remove_if([](const Bundle &bundle) { return bundle->ended(); });
}

ServerBundles::Place ServerBundles::place(const Candidate &candidate, base::Time now) {
    const ppp::BundleKey key(candidate.agreed.peer_discriminator, candidate.who.user);
    const auto its =
        key.ambiguous() ? bundles_.end()
                        : std::find_if(bundles_.begin(), bundles_.end(), [&](const Bundle &bundle) {
                              return bundle->carries() && bundle->key() == key;
                          });
    if (its != bundles_.end()) {
        ServerBundle &bundle = **its;
        if (auto why = bundle.obstacle(candidate.agreed, candidate.who.user))
            return {.refused = std::move(why)};
        if (auto why = bundle.reserve(candidate.link))
            return {.refused = std::move(why)};
        return {.bundle = &bundle};
    }
    ServerBundle &bundle = add({.settings = candidate.settings,
                                .caller = candidate.link.caller(),
                                .key = key,
                                .agreed = candidate.agreed});
    auto why = bundle.admit(candidate.who, now);
    if (!why)
        why = bundle.reserve(candidate.link);
    if (why) {
        bundles_.remove_if([&](const Bundle &one) { return one.get() == &bundle; });
        return {.refused = std::move(why)};
    }
    return {.bundle = &bundle};
}

// -- what the kernel says

ServerBundle *ServerBundles::of_session(netlink::SessionId session) const {
    const auto found = ground_.index.bundles.find(static_cast<std::uint32_t>(session));
    return found == ground_.index.bundles.end() ? nullptr : found->second;
}

bool ServerBundles::kernel_event(const netlink::Event &event) {
    std::optional<netlink::SessionId> about;
    if (const auto *frame = std::get_if<netlink::Frame>(&event))
        about = frame->session;
    else if (const auto *gone = std::get_if<netlink::SessionGone>(&event))
        about = gone->id;
    else if (const auto *changed = std::get_if<netlink::SessionChanged>(&event))
        about = changed->session.id;
    else if (const auto *notice = std::get_if<netlink::Notice>(&event))
        about = notice->session;
    ServerBundle *const bundle = about ? of_session(*about) : nullptr;
    if (bundle != nullptr)
        bundle->kernel_event(event);
    return bundle != nullptr;
}

void ServerBundles::compare(const std::function<bool(netlink::SessionId, bool device)> &there) {
    for (const Bundle &bundle : bundles_)
        if (const auto id = bundle->plumbing().session_id(); id && !there(*id, bundle->user().up()))
            bundle->check_session(ground_.world.now());
}

std::optional<aaa::Store::Counters> ServerBundles::counters(const netlink::Session &session) const {
    const ServerBundle *of = of_session(session.id);
    return of == nullptr ? std::nullopt : of->user().counters(session.stats);
}

// -- what the server says

void ServerBundles::settings_changed(const std::shared_ptr<const ServerSettings> &settings) {
    for (const Bundle &bundle : bundles_)
        bundle->settings_changed(settings);
}

void ServerBundles::terms_changed() {
    for (const Bundle &bundle : bundles_)
        bundle->terms_changed(ground_.world.now());
}

unsigned ServerBundles::stop(const std::function<bool(const ServerBundle &)> &which,
                             const Reason &reason) {
    unsigned stopped = 0;
    for (const Bundle &bundle : bundles_) {
        if (bundle->ended() || !which(*bundle))
            continue;
        stopped++;
        bundle->stop(ground_.world.now(), reason);
    }
    return stopped;
}

void ServerBundles::each(const std::function<void(const ServerBundle &)> &visit) const {
    for (const Bundle &bundle : bundles_)
        if (!bundle->ended())
            visit(*bundle);
}

bool ServerBundles::any() const {
    return std::any_of(bundles_.begin(), bundles_.end(),
                       [](const Bundle &bundle) { return bundle->carries(); });
}

// -- from one program to the next

std::size_t ServerBundles::leave() {
    return static_cast<std::size_t>(std::count_if(
        bundles_.begin(), bundles_.end(), [](const Bundle &bundle) { return bundle->leave(); }));
}

void ServerBundles::adopt(const ServerBundle::Found &found,
                          const std::shared_ptr<const ServerSettings> &settings) {
    // Without the state of a link it was ending.
    const ppp::MultilinkAgreed agreed =
        found.state.link ? found.state.link->lcp.multilink.value_or(ppp::MultilinkAgreed{})
                         : ppp::MultilinkAgreed{};
    add({.settings = settings,
         .caller = found.state.caller,
         .key = ppp::BundleKey(agreed.peer_discriminator, found.state.session.user),
         .agreed = agreed})
        .adopt(found);
}

ServerBundle *ServerBundles::resumed(std::string_view key, netlink::SessionId session) {
    ServerBundle *const bundle = of_session(session);
    return bundle != nullptr && bundle->user().session()->key == key ? bundle : nullptr;
}

void ServerBundles::begin_resumed(const std::optional<std::set<std::string>> &records) {
    for (const Bundle &bundle : bundles_)
        bundle->begin_resumed(records, ground_.world.now());
}

}  // namespace rtun::daemon
