// SPDX-License-Identifier: GPL-2.0-or-later
//
// A client's call with multilink (RFC 1990): one interface over several links, each a PPTP call of
// its own. The bundle is a session of the kernel and a PPP engine that begins where the links end,
// with CCP and the networks.
//
// The links are tried in turn until one is ready; with that the bundle begins, and the others are
// dialed all at once. A link that does not lead to the same peer, or has not agreed to the same, is
// ended, and the bundle lives. One that is lost is dialed again after a while; the last one that is
// lost ends the bundle. A link that negotiates anew leaves it and comes back; was it the only one,
// there is another bundle then, since its keys and addresses are others.
//
// A peer that does not want multilink gets the one call that it was dialed with, and the other
// links are left.
#pragma once

#include <auth/method.h>
#include <base/net.h>
#include <base/time.h>
#include <config/links.h>
#include <config/model.h>
#include <daemon/bundle_state.h>
#include <daemon/call.h>
#include <daemon/client_link.h>
#include <daemon/leftovers.h>
#include <daemon/plumbing.h>
#include <netlink/kernel.h>
#include <ppp/bundle_key.h>
#include <ppp/link.h>
#include <ppp/multilink.h>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace rtun::daemon {

class ClientBundle final : public Call {
public:
    struct Plan {
        config::Client client;
        auth::Credentials credentials;
        std::vector<config::LinkSettings> links;
        std::string interface;
        std::optional<netlink::Link> device{};  // is there already, and stays
        netlink::Lifetime lifetime = netlink::Lifetime::OutlivesOwner;
        base::Bytes blob;
        // Of hosts whose names cannot be asked for now.
        std::map<std::string, std::vector<base::Ipv4>> known{};
    };

    // wake as of PptpCall.
    ClientBundle(const Ground &ground, Plan plan, std::function<void()> wake);

    void start(base::Time now) override;
    // Instead of start(): goes on with what an earlier program has left, a bundle or a call without
    // one. Refused: nothing is left of it when this is destroyed.
    [[nodiscard]] base::Status resume(const Leftover &leftover);
    [[nodiscard]] bool leave() override;
    void stop(base::Time now, Reason reason) override;
    void abort(Reason reason) override;
    void kernel_event(const netlink::Event &event, base::Time now) override;
    void expire(base::Time now) override;
    [[nodiscard]] base::Deadline deadline() const override;

    void set_default_route(std::optional<DefaultRoute> wanted) override;
    [[nodiscard]] base::Status set_order(const config::Client &client) override;
    [[nodiscard]] bool set_links(const config::Client &client, base::Time now) override;
    [[nodiscard]] std::optional<base::Duration> idle(base::Time now) override;
    [[nodiscard]] bool owns(netlink::SessionId id) const override;
    [[nodiscard]] bool owns(netlink::TunnelId id) const override;
    void describe(ctl::ClientStatus &status, base::Time now) const override;

private:
    using Links = std::vector<std::unique_ptr<ClientLink>>;

    // Links
    void add_link(const config::LinkSettings &settings);
    [[nodiscard]] ClientLink::Dial dial_of(const ClientLink &link);
    void dial(ClientLink &link, base::Time now);
    void dial_next(base::Time now);  // of those that have not been tried in this round
    void dial_others(base::Time now);
    void join(ClientLink &link, const Call::LinkReady &ready);
    [[nodiscard]] std::optional<std::string> obstacle(const ppp::MultilinkReady &ready) const;
    void refuse(ClientLink &link, std::string why);
    [[nodiscard]] bool any_joined() const;
    [[nodiscard]] bool any_busy() const;
    void tell_down(const ClientLink &link, const Reason &why, std::optional<base::Duration> retry);
    // What a link says. Only of the one that the outcome depends on all is handed on.
    template <typename T>
    void from(ClientLink &link, T &output) {
        if (&link == told_)
            outputs_.emplace_back(output);
    }
    void from(ClientLink &link, Call::Up &output);
    void from(ClientLink &link, Call::Resumed &output);
    void from(ClientLink &link, Call::Down &output);
    void from(ClientLink &link, Call::LinkReady &output);
    void from(ClientLink &link, Call::LinkLeft &output);
    void from(ClientLink &link, Call::ForBundle &output);
    void from(ClientLink &link, Call::NoMultilink &output);
    void from(ClientLink &link, Call::Ended &output);

    // The bundle
    [[nodiscard]] static netlink::SessionChange sharing_of(const config::Client &client);
    [[nodiscard]] base::Status make(const ppp::MultilinkReady &first);
    void begin(const ppp::MultilinkReady &first, base::Time now);
    void take_down();
    [[nodiscard]] ppp::LinkOptions network_options() const;
    void on(ppp::SendFrame &output);
    void on(ppp::LcpOpened &output);
    void on(ppp::EncryptionUp &output);
    void on(ppp::EncryptionDown &output);
    void on(ppp::EncryptionRefused &output);
    void on(ppp::Ipv4Up &output);
    void on(ppp::Ipv4Down &output);
    void on(ppp::Ipv6Up &output);
    void on(ppp::Ipv6Down &output);
    void on(ppp::BridgeUp &output);
    void on(ppp::BridgeDown &output);
    void on(ppp::Ended &output);
    // Of a link, or of who demands authentication.
    void on(ppp::PhaseChanged & /*output*/) {}
    void on(ppp::Authenticated & /*output*/) {}
    void on(ppp::Verify & /*output*/) {}
    void on(ppp::PeerAuthenticated & /*output*/) {}
    void on(ppp::PeerRefused & /*output*/) {}
    void on(ppp::MultilinkReady & /*output*/) {}
    void on(ppp::MultilinkDown & /*output*/) {}
    void on(ppp::BundleFrame & /*output*/) {}
    void went_up(Up up);
    [[nodiscard]] std::uint32_t mtu_of(std::uint32_t packets) const;
    void fit_mtu();
    [[nodiscard]] bool is_server(base::Ipv4 address) const;
    [[nodiscard]] base::Status pin(base::Ipv4 server);
    [[nodiscard]] base::Status pin_links();
    void route_by_default();  // as is wanted
    void unpin();
    void bundle_event(const netlink::Event &event, base::Time now);
    void link_event(const netlink::Notice &notice);
    void check_session(base::Time now);
    void note_carried(const netlink::Stats &stats, base::Time now);
    void check_idle(base::Time now);

    [[nodiscard]] base::Status resume_bundle(const Leftover &leftover);
    [[nodiscard]] std::size_t resume_links(const Leftover &leftover);
    void tell_resumed(const BundleState &state, const netlink::Session &session);
    [[nodiscard]] std::optional<BundleState> state() const;
    void save();

    void end(Reason reason);  // this is the reason, if there was none; the way down begins
    void settle(base::Time now);
    void finish();

    Ground ground_;
    Plan plan_;
    std::function<void()> wake_;
    ppp::Discriminator discriminator_;  // ours, of all links
    Links links_;
    std::vector<std::string> round_;  // what became of those that were tried
    std::size_t next_ = 0;
    ClientLink *told_ = nullptr;   // the first, until there is a bundle
    ClientLink *plain_ = nullptr;  // that is no link: the peer does not want multilink
    std::string refused_;          // why it does not
    bool began_ = false;           // there was a bundle

    Plumbing plumbing_;
    std::optional<ppp::Link> network_;
    std::optional<ppp::MultilinkReady> first_;  // what the bundle began with
    std::uint32_t mtu_ = 0;                     // of the device
    bool up_ = false;
    std::optional<DefaultRoute> wanted_route_;
    std::set<base::Ipv4> pinned_;
    std::optional<Reason> reason_;
    bool stopping_ = false;
    bool tcp_connected_ = false;
    bool ended_ = false;
    netlink::Stats last_stats_;
    Recheck recheck_;
    bool kept_ = false;  // the next program may go on with it
    bool heard_ = false;
    double up_since_ = 0;
    base::Bytes saved_;
    base::Deadline idle_check_;
    base::Time carried_at_{};
    std::uint64_t carried_ = 0;
};

}  // namespace rtun::daemon
