// SPDX-License-Identifier: GPL-2.0-or-later
//
// One PPTP call to one address, from the TCP connection to the last counter: the control engine
// (RFC 2637), the PPP engine and the kernel put together. It is driven as an engine is: inputs with
// a time, outputs that say what has been reached, a deadline. Whatever ends it, Ended is the last
// output, and nothing of it is left in the kernel then.
#pragma once

#include <auth/method.h>
#include <base/bytes.h>
#include <base/random.h>
#include <base/time.h>
#include <config/model.h>
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

class NameServers;

// What a call stands on. All of it outlives the call.
struct Ground {
    World &world;
    netlink::Kernel &kernel;
    base::Random &random;
    HostRoutes &routes;
    NameServers *names = nullptr;  // none: servers' are shown and not used
};

class PptpCall {
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
        std::string interface;
        std::optional<netlink::Link> device{};  // is there already, and stays
        netlink::Lifetime lifetime = netlink::Lifetime::OutlivesOwner;
        base::Bytes blob;
    };

    // Outputs.
    struct TcpUp {};
    struct ControlUp {
        std::string host;  // what the server calls itself
        std::string vendor;
    };
    struct LcpUp {
        std::uint16_t mtu = 0;
        std::uint16_t mru = 0;
        std::optional<auth::Method> method;  // that the server wants
    };
    struct Reached {  // the call is up, PPP begins
        std::uint16_t local = 0;
        std::uint16_t peer = 0;
        std::string host;  // what the server calls itself
        std::string vendor;
    };
    struct Verifying {};
    struct Verified {
        auth::Method method{};
        std::string message;  // the server's
    };
    // From now on; in clear in both directions ("none") when the link negotiates anew.
    struct Encoding {
        std::string encoding;  // "MPPE128 stateless"
        bool insecure = false;
        std::optional<std::uint32_t> mtu;  // of the device, if there is one already
    };
    struct NotEncrypted {  // and the link goes on
        std::string why;
    };
    struct Up {
        std::string interface;
        base::Ipv4 local;
        base::Ipv4 remote;
        std::vector<base::Ipv4> dns;
        std::uint32_t mtu = 0;
        std::uint32_t mru = 0;
    };
    // Instead of all up to Up: the call of an earlier program goes on.
    struct Resumed {
        std::uint16_t local = 0;
        std::uint16_t peer = 0;
        std::optional<auth::Method> method{};
        Encoding encoding;
        Up up;
        double since = 0;  // it is up, wall clock
    };
    struct Down {};  // the link negotiates anew, or ends
    struct Ipv6 {    // is carried, too; or cannot be, and why
        std::uint64_t local_id = 0;
        std::uint64_t remote_id = 0;
        std::string failure;
    };
    struct MtuLowered {
        std::uint32_t mtu = 0;
        std::uint32_t wanted = 0;
        std::uint32_t path = 0;
        std::uint32_t ours = 0;  // octets of a packet on the path that are not the inner packet's
    };
    struct RouteFailed {
        std::string text;
    };
    struct NoPeerRoute {  // it would have led the tunnel into itself
        base::Ipv4 peer;
    };
    struct Ended {
        Reason reason;
        bool tcp_connected = false;  // false: another address may do better
        netlink::Stats stats;
    };
    using Output =
        std::variant<TcpUp, ControlUp, LcpUp, Reached, Verifying, Verified, Encoding, NotEncrypted,
                     Up, Resumed, Down, Ipv6, MtuLowered, RouteFailed, NoPeerRoute, Ended>;

    // wake is called when something has come from the network: outputs and deadline may be new.
    PptpCall(const Ground &ground, Plan plan, std::function<void()> wake);
    PptpCall(const PptpCall &) = delete;
    PptpCall &operator=(const PptpCall &) = delete;
    ~PptpCall() = default;

    void start(base::Time now);
    // Instead of start(): goes on with the call of an earlier program, which has this in the
    // kernel. Refused: nothing is left of it when this is destroyed.
    [[nodiscard]] base::Status resume(const CallState &state, const netlink::Tunnel &tunnel,
                                      const netlink::Session &session);
    // Lets go of the call for the next program to go on with; there are no outputs any more.
    // False: that cannot be, and nothing was done.
    [[nodiscard]] bool leave();
    void stop(base::Time now, Reason reason);  // in order; Ended follows
    void abort(Reason reason);                 // without telling the peer; Ended follows at once
    void kernel_event(const netlink::Event &event, base::Time now);
    void expire(base::Time now);
    [[nodiscard]] base::Deadline deadline() const;
    [[nodiscard]] std::vector<Output> take_outputs() { return std::exchange(outputs_, {}); }

    // Settings that change while the call is up.
    void set_default_route(std::optional<DefaultRoute> wanted);
    [[nodiscard]] base::Status set_order(const config::Client &client);

    // For how long nothing has been carried, as far as is known; nothing: not up.
    [[nodiscard]] std::optional<base::Duration> idle(base::Time now);

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
    // Never said: bridging and multilink are not asked for.
    void on(ppp::BridgeUp &) {}
    void on(ppp::BridgeDown &) {}
    void on(ppp::MultilinkReady &) {}
    void on(ppp::MultilinkDown &) {}
    void on(ppp::BundleFrame &) {}
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
    [[nodiscard]] std::optional<CallState> state() const;
    void begin_keeping();
    void save();  // the state to the kernel, if there is one and it has changed
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
    std::vector<Output> outputs_;

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

    std::string server_host_;
    std::string server_vendor_;
    std::deque<base::Bytes> held_;
    Counters counters_;
    ppp::LcpOpened lcp_;
    bool lcp_open_ = false;
    std::uint32_t link_mtu_ = 0;  // what the link takes, with or without encryption
    bool encrypts_ = false;       // what we send
    bool up_ = false;
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
