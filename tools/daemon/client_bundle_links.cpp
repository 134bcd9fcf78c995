// SPDX-License-Identifier: GPL-2.0-or-later
//
// The links of a bundle: which is dialed when, which may join, what becomes of one that is lost.
#include <daemon/client_bundle.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace rtun::daemon {

using base::ErrorCode;

void ClientBundle::add_link(const config::LinkSettings &settings) {
    links_.push_back(std::make_unique<ClientLink>(ground_, settings, [this] {
        settle(ground_.world.now());
        wake_();
    }));
}

bool ClientBundle::any_joined() const {
    return std::any_of(links_.begin(), links_.end(),
                       [](const auto &link) { return link->is_joined(); });
}

bool ClientBundle::any_busy() const {
    return std::any_of(links_.begin(), links_.end(), [](const auto &link) { return link->busy(); });
}

// All links of a bundle say the same of us, and agree to the same (sections 5.1.1 and 5.1.3).
ClientLink::Dial ClientBundle::dial_of(const ClientLink &link) {
    ppp::Multilink multilink;
    multilink.mrru = plan_.client.mrru;
    multilink.discriminator = discriminator_;
    if (first_) {
        multilink.mrru = first_->agreed.mrru;
        multilink.required = true;
        multilink.required_peer_mrru = first_->agreed.peer_mrru;
    }
    ClientLink::Dial how;
    how.plan.client = plan_.client;
    how.plan.credentials = plan_.credentials;
    how.plan.interface = plan_.interface;
    how.plan.device = plan_.device;
    how.plan.lifetime = plan_.lifetime;
    how.plan.blob = plan_.blob;
    how.plan.multilink = std::move(multilink);
    // Once names can be asked for over the bundle itself, a server that is not where it was is.
    const bool asks = up_ && link.has_failed();
    if (const auto known = plan_.known.find(link.settings().server.host);
        known != plan_.known.end() && !asks)
        how.known = known->second;
    how.open_way = [this](base::Ipv4 server) { return pin(server); };
    return how;
}

void ClientBundle::dial(ClientLink &link, base::Time now) {
    RTUN_ASSERT(!link.busy());
    link.dial(dial_of(link), now);
}

void ClientBundle::dial_next(base::Time now) {
    told_ = links_.at(next_++).get();
    dial(*told_, now);
}

void ClientBundle::dial_others(base::Time now) {
    for (const auto &link : links_)
        if (!link->busy() && !link->unwanted)
            dial(*link, now);
}

void ClientBundle::tell_down(const ClientLink &link, const Reason &why,
                             std::optional<base::Duration> retry) {
    outputs_.emplace_back(LinkChanged{
        .link = link.text(), .up = false, .text = why.text, .reason = why, .retry_in = retry});
}

void ClientBundle::refuse(ClientLink &link, std::string why) {
    if (link.call() == nullptr)
        return;  // its end is among what it says next
    link.call()->stop(ground_.world.now(), {Layer::Ppp, Side::Local, ErrorCode::Refused,
                                            std::move(why), Cause::NegotiationFailed});
}

// -- what a link says

std::optional<std::string> ClientBundle::obstacle(const ppp::MultilinkReady &ready) const {
    const ppp::BundleKey ours(*first_);
    const ppp::BundleKey its(ready);
    if (ours != its)
        return fmt::format("the link leads to another peer ({}) than the bundle ({})", its.text(),
                           ours.text());
    return ppp::join_obstacle(first_->agreed, ready.agreed);
}

// Of the one that is no link of a bundle.
void ClientBundle::from(ClientLink &link, Call::Up &output) {
    link.joined(ground_.world.now());
    outputs_.emplace_back(output);
}

void ClientBundle::from(ClientLink &link, Call::Resumed &output) {
    link.joined(ground_.world.now());
    outputs_.emplace_back(output);
}

void ClientBundle::from(ClientLink &link, Call::Down &output) {
    link.left(ground_.world.now());
    outputs_.emplace_back(output);
}

void ClientBundle::from(ClientLink &link, Call::LinkReady &output) {
    // It may have ended or left since: that is among what it says next.
    if (reason_ || link.unwanted || link.call() == nullptr || !link.call()->is_member())
        return;
    const base::Time now = ground_.world.now();
    if (plain_ == &link)
        plain_ = nullptr;  // it has negotiated anew, and the peer thinks otherwise now
    if (network_) {
        if (auto why = obstacle(output.ready)) {
            refuse(link, std::move(*why));
            return;
        }
        join(link, output);
        return;
    }
    if (const auto made = make(output.ready); !made) {
        end(kernel_reason(made.error()));
        return;
    }
    told_ = nullptr;
    began_ = true;
    tcp_connected_ = true;
    refused_.clear();
    round_.clear();
    first_ = output.ready;
    join(link, output);
    if (reason_ || !link.is_joined())
        return;
    begin(output.ready, now);
    dial_others(now);
}

void ClientBundle::join(ClientLink &link, const Call::LinkReady &ready) {
    const auto joined = link.call()->join(*plumbing_.session_id(), link.kbits());
    if (!joined && !any_joined()) {
        end(kernel_reason(joined.error()));
        return;
    }
    if (!joined) {
        link.call()->stop(ground_.world.now(), kernel_reason(joined.error()));
        return;
    }
    link.joined(ground_.world.now());
    outputs_.emplace_back(
        LinkChanged{.link = link.text(),
                    .up = true,
                    .text = fmt::format("mru {} {}", ready.peer_mru, ready.ready.agreed.text())});
}

void ClientBundle::from(ClientLink &link, Call::LinkLeft & /*output*/) {
    if (link.is_joined() && link.call() != nullptr && link.call()->negotiates())
        tell_down(
            link,
            {Layer::Ppp, Side::Peer, ErrorCode::Closed, "it negotiates anew", Cause::Renegotiated},
            {});
    link.left(ground_.world.now());
    if (network_ && !any_joined() && !reason_) {
        take_down();
        told_ = link.unwanted ? nullptr : &link;
    }
}

void ClientBundle::from(ClientLink & /*link*/, Call::ForBundle &output) {
    if (network_)
        network_->receive(output.frame, ground_.world.now());
}

// The only one that is dialed is kept for what it is; it cannot be if there is a bundle, or will be
// one with another link.
void ClientBundle::from(ClientLink &link, Call::NoMultilink &output) {
    if (reason_ || plain_ == &link)
        return;
    const bool alone = std::none_of(links_.begin(), links_.end(), [&](const auto &other) {
        return other.get() != &link && other->busy();
    });
    if (network_ || !alone) {
        refuse(link, output.why);
        return;
    }
    plain_ = told_ = &link;
    refused_ = output.why;
    round_.clear();
    for (const auto &other : links_)
        if (other.get() != plain_)
            other->rest(output.why);
    outputs_.emplace_back(output);
}

void ClientBundle::from(ClientLink &link, Call::Ended &output) {
    const base::Time now = ground_.world.now();
    tcp_connected_ = tcp_connected_ || output.tcp_connected;
    if (plain_ == &link)
        last_stats_ = output.stats;
    if (reason_ || link.unwanted) {
        if (link.unwanted)
            tell_down(link, output.reason, {});
        link.rest(output.reason.text);
        return;
    }
    // Over the others it goes on; or with the one that negotiates anew, which was the only one.
    const bool renewed = began_ && told_ != nullptr && told_ != &link && told_->busy();
    if (network_ || renewed) {
        const base::Duration pause = link.wait(output.reason, now);
        tell_down(link, output.reason, pause);
        return;
    }
    link.rest(output.reason.text);
    round_.push_back(fmt::format("{}: {}", link.text(), output.reason.text));
    // As with several servers: a password that is wrong is not asked of all of them.
    const bool others = !began_ && plain_ == nullptr && next_ < links_.size() &&
                        output.reason.code != ErrorCode::AuthFailed &&
                        output.reason.layer != Layer::Kernel && output.reason.by != Side::User;
    if (others) {
        tell_down(link, output.reason, {});
        dial_next(now);
        return;
    }
    Reason reason = output.reason;
    if (round_.size() > 1)
        reason.text = fmt::format("{}", fmt::join(round_, "; "));
    end(std::move(reason));
}

// -- other settings

// Which there are is compared as a whole: of two that are the same one is kept for each.
bool ClientBundle::set_links(const config::Client &client, base::Time now) {
    auto wanted = config::links_of(client);
    if (!wanted || reason_ || !network_)
        return false;
    const auto wanted_also = [&](const ClientLink &link) {
        const auto found = std::find_if(wanted->begin(), wanted->end(), [&](const auto &settings) {
            return settings.same_way(link.settings());
        });
        std::optional<std::uint64_t> rate;
        if (found != wanted->end()) {
            rate = found->rate;
            wanted->erase(found);
        }
        return rate;
    };
    std::vector<std::optional<std::uint64_t>> rates;
    bool one_stays = false;
    for (const auto &link : links_) {
        rates.push_back(link->unwanted ? std::nullopt : wanted_also(*link));
        one_stays = one_stays || (rates.back() && link->is_joined());
    }
    if (!one_stays)
        return false;
    plan_.client = client;
    if (const auto set = plumbing_.set(sharing_of(client)); !set)
        return false;
    for (std::size_t i = 0; i < links_.size(); i++) {
        ClientLink &link = *links_[i];
        if (rates[i]) {
            link.set_rate(*rates[i]);
            if (link.is_joined())
                (void)link.call()->set_rate(link.kbits());  // gone: its end is on the way
        } else if (!std::exchange(link.unwanted, true)) {
            link.stop(now, user_reason("link removed"));
        }
    }
    for (const config::LinkSettings &settings : *wanted)
        add_link(settings);
    dial_others(now);
    heard_ = true;
    settle(now);
    return true;
}

}  // namespace rtun::daemon
