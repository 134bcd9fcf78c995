// SPDX-License-Identifier: GPL-2.0-or-later
//
// One PPTP call to one address, from the TCP connection to the last counter: the control engine
// (RFC 2637), the PPP engine and the kernel put together.
//
// A call that is to be one of a bundle (Plan::multilink) goes as far as authentication and says
// LinkReady; what the bundle's links need is asked of it from then on. With a peer that does not
// want multilink it says NoMultilink and is a call like any other.
#pragma once

#include <auth/method.h>
#include <base/bytes.h>
#include <base/random.h>
#include <base/time.h>
#include <config/links.h>
#include <config/model.h>
#include <daemon/call.h>
#include <daemon/call_state.h>
#include <daemon/plumbing.h>
#include <daemon/ppp_kernel.h>
#include <daemon/reason.h>
#include <daemon/world.h>
#include <netlink/kernel.h>
#include <ppp/link.h>
#include <pptp/control.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace rtun::daemon {

class PptpCall final : public Call {
public:
    static constexpr std::chrono::seconds ConnectTimeout{10};
    static constexpr std::chrono::seconds FlushTimeout{2};
    // A server that hangs up may have told why in its last PPP frames, which take another way.
    static constexpr std::chrono::milliseconds LastWords{100};
    // How often the counters are looked at with an idle-timeout: a tenth of idle-timeout, within
    // these.
    static constexpr std::chrono::seconds MinIdleCheck{1};
    static constexpr std::chrono::seconds MaxIdleCheck{10};
    // Frames that arrive before the Outgoing-Call-Reply has been read.
    static constexpr std::size_t MaxHeld = 16;

    struct Plan {
        config::Client client;
        auth::Credentials credentials;
        base::Ipv4 server;
        std::uint16_t port = 1723;
        base::Ipv4 source{};  // unspecified: by route
        std::string bind{};   // the interface to leave by; empty: by route
        std::string interface;
        std::optional<netlink::Link> device{};  // is there already, and stays
        netlink::Lifetime lifetime = netlink::Lifetime::OutlivesOwner;
        base::Bytes blob;
        // The call is to be one of a bundle; which of its links it is.
        std::optional<ppp::Multilink> multilink{};
        std::optional<config::LinkSettings> way{};
    };

    // wake is called when something has come from the network: outputs and deadline may be new.
    PptpCall(const Ground &ground, Plan plan, std::function<void()> wake);

    void start(base::Time now) override;
    // Instead of start(): goes on with the call of an earlier program, which has this in the
    // kernel. Refused: nothing is left of it when this is destroyed.
    [[nodiscard]] base::Status resume(const CallState &state, const netlink::Tunnel &tunnel,
                                      const netlink::Session &session);
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

    [[nodiscard]] bool owns(netlink::SessionId id) const override { return plumbing_.owns(id); }
    [[nodiscard]] bool owns(netlink::TunnelId id) const override { return plumbing_.owns(id); }
    void describe(ctl::ClientStatus &status, base::Time now) const override;

    // Of a link, which it may not be any more: this bundle carries it from now on.
    [[nodiscard]] bool is_member() const { return member_; }
    [[nodiscard]] bool negotiates() const;  // it is not on its way down
    [[nodiscard]] base::Status join(netlink::SessionId bundle, std::uint32_t rate);
    [[nodiscard]] base::Status set_rate(std::uint32_t rate);  // kbit/s

    [[nodiscard]] const Plumbing &plumbing() const { return plumbing_; }
    [[nodiscard]] const std::optional<pptp::Control> &control() const { return control_; }
    [[nodiscard]] const std::optional<ppp::Link> &link() const { return link_; }

    struct Counters {
        std::uint64_t held_dropped = 0;  // came too early, and there were too many
        std::uint64_t overrun = 0;       // lost because we did not read the kernel's in time
        std::uint64_t send_failed = 0;   // refused by the kernel
    };
    [[nodiscard]] const Counters &counters() const { return counters_; }

private:
    // TCP
    void connected();
    void received(base::View octets);
    void closed(const base::Error &error);
    // Control connection
    void on(pptp::SendBytes &output);
    void on(pptp::ControlUp &output);
    void on(pptp::CallUp &output);
    void on(pptp::Ended &output);
    // PPP
    void on(ppp::SendFrame &output);
    void on(ppp::PhaseChanged &output);
    void on(ppp::LcpOpened &output);
    void on(ppp::Authenticated &output);
    void on(ppp::Verify &output);
    void on(ppp::PeerAuthenticated &output);
    void on(ppp::PeerRefused &output);
    void on(ppp::EncryptionUp &output);
    void on(ppp::EncryptionDown &output);
    void on(ppp::EncryptionRefused &output);
    void on(ppp::Ipv4Up &output);
    void on(ppp::Ipv4Down &output);
    void on(ppp::Ipv6Up &output);
    void on(ppp::Ipv6Down &output);
    void on(ppp::BridgeUp &output);
    void on(ppp::BridgeDown &output);
    void on(ppp::MultilinkReady &output);
    void on(ppp::MultilinkDown &output);
    void on(ppp::BundleFrame &output);
    void on(ppp::Ended &output);
    // Kernel
    void frame(const netlink::Frame &frame, base::Time now);
    void path_mtu_changed(std::uint32_t path);
    void check_session(base::Time now);
    void keepalive(base::Time now);
    void check_idle(base::Time now);
    void note_carried(const netlink::Stats &stats, base::Time now);

    [[nodiscard]] ppp::LinkOptions link_options() const;
    [[nodiscard]] pptp::ControlOptions control_options() const;
    [[nodiscard]] DeviceMtu fitting(std::uint32_t path) const;
    [[nodiscard]] std::uint32_t device_mtu(std::uint32_t path);  // and tells if it was lowered
    void fit_mtu(std::uint32_t path);
    [[nodiscard]] StreamHandlers handlers();
    [[nodiscard]] base::Status adopt(const CallState &state, const netlink::Tunnel &tunnel,
                                     const netlink::Session &session);
    [[nodiscard]] std::optional<CallState> state() const;
    void begin_keeping();
    void save();  // the state to the kernel, if there is one and it has changed
    void went_up(Up up);
    void tell_resumed(const CallState &state, const netlink::Session &session);
    void end(Reason reason);  // this is the reason, if there was none; the way down begins
    void settle(base::Time now);
    bool wind_down(base::Time now);
    void finish();

    Ground ground_;
    Plan plan_;
    std::function<void()> wake_;
    Plumbing plumbing_;
    std::unique_ptr<Stream> stream_;
    std::optional<pptp::Control> control_;
    std::optional<ppp::Link> link_;

    std::optional<Reason> reason_;
    bool tcp_connected_ = false;
    bool tcp_closed_ = false;
    bool control_ended_ = false;
    bool control_stopped_ = false;
    bool link_ended_ = false;
    bool ended_ = false;
    base::Deadline limit_;  // for TCP to connect, and at the end for the last octets to leave
    bool flushing_ = false;
    base::Deadline last_words_;             // the link goes down then
    std::optional<Reason> control_reason_;  // why the control connection ended, if the link lives
    netlink::Stats last_stats_;
    Recheck recheck_;  // of the session

    std::uint16_t peer_call_ = 0;
    std::string server_host_;
    std::string server_vendor_;
    std::deque<base::Bytes> held_;
    Counters counters_;
    ppp::LcpOpened lcp_;
    bool lcp_open_ = false;
    std::uint32_t link_mtu_ = 0;  // what the link takes, with or without encryption
    bool encrypts_ = false;       // what we send
    bool up_ = false;
    bool member_ = false;  // of a bundle: what a plain call does when it is up, the bundle does
    std::uint32_t mtu_ = 0;
    std::optional<DefaultRoute> wanted_route_;
    std::uint64_t traffic_ = 0;  // frames from the peer when the keepalive last asked

    bool heard_ = false;  // something that may change the state
    bool kept_ = false;   // somebody keeps the TCP connection, should we end
    std::string settings_line_;
    double up_since_ = 0;
    base::Bytes saved_;  // what the session's blob holds
    base::Deadline idle_check_;
    base::Time carried_at_{};    // when the counters were last found changed
    std::uint64_t carried_ = 0;  // packets both ways, then
};

}  // namespace rtun::daemon
