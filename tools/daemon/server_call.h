// SPDX-License-Identifier: GPL-2.0-or-later
//
// One call that somebody makes to us, from the Outgoing-Call-Request to the last counter: the PPP
// engine, the kernel's session, and what the user is given. Its control connection drives it
// (server_connection.h): inputs with a time, a deadline, and ended() when nothing of it is left in
// the kernel, among the leases or anywhere else.
//
//      open -> Verify ... -> known (terms, addresses, encryption) -> up (device, dressing, record)
//
// An unauthenticated peer costs this object and one session of the kernel; nothing is looked up,
// leased or written for it.
#pragma once

#include <aaa/pools.h>
#include <aaa/store.h>
#include <aaa/throttle.h>
#include <aaa/users.h>
#include <auth/method.h>
#include <base/bytes.h>
#include <base/random.h>
#include <base/time.h>
#include <config/model.h>
#include <daemon/admission.h>
#include <daemon/device_names.h>
#include <daemon/dressing.h>
#include <daemon/events.h>
#include <daemon/plumbing.h>
#include <daemon/ppp_kernel.h>
#include <daemon/reason.h>
#include <daemon/server_session.h>
#include <daemon/server_sessions.h>
#include <daemon/server_state.h>
#include <daemon/world.h>
#include <netlink/kernel.h>
#include <ppp/link.h>
#include <pptp/server.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace rtun::daemon {

class ServerConnection;

// Whose the kernel's objects are, so that an event finds its call without a search.
struct ServerIndex {
    std::unordered_map<std::uint32_t, ServerConnection *> sessions;
    std::unordered_map<std::uint32_t, ServerConnection *> tunnels;
};

// What all calls stand on. All of it outlives them.
struct ServerGround {
    World &world;
    netlink::Kernel &kernel;
    base::Random &random;
    HostRoutes &routes;
    const aaa::Users &users;
    aaa::Pools &pools;
    aaa::Throttle &throttle;
    aaa::Store &store;
    Dressing &dressing;
    Admission &admission;
    ServerSessions &sessions;
    DeviceNames &names;
    ServerIndex &index;
    EventSink sink;
    std::function<void()> written;  // something to the store, which has to reach the disk
};

// The settings as they are now; whoever holds one keeps those that it began with.
struct ServerSettings {
    config::PptpServer server;
    bool accounting = true;
};

class ServerCall {
public:
    // A client begins; one that waits for us gets our Configure-Request after so long.
    static constexpr std::chrono::seconds Passive{1};
    // From the challenge to the last proof, verdicts that were held back included; and from the
    // beginning of the call.
    static constexpr std::chrono::seconds AuthTimeout{75};
    static constexpr std::chrono::seconds KnownWithin{90};
    // A client that hangs up may tell why in its last PPP frames, which take another way.
    static constexpr std::chrono::milliseconds LastWords{100};
    // Names of devices that are tried when others have them.
    static constexpr int MaxNames = 32;

    struct Plan {
        std::shared_ptr<const ServerSettings> settings;
        base::Ipv4 caller;
        base::Ipv4 local;  // where it was called
        netlink::TunnelId tunnel{};
        pptp::CallRequested request;
        std::string host_name;  // of the peer
        std::string vendor;
        HalfOpen half_open;
    };
    // wake is called when somebody else has changed it: its owner has to look at it again.
    ServerCall(const ServerGround &ground, Plan plan, std::function<void()> wake);
    ServerCall(const ServerCall &) = delete;
    ServerCall &operator=(const ServerCall &) = delete;
    ~ServerCall();

    // Instead of open() and start(): what an earlier program has made is this call's from now on.
    // Nothing: it goes on as soon as begin_resumed() says so; else why it cannot, and abort() is
    // next. The kernel is only looked at (server_call_resume.cpp).
    [[nodiscard]] std::optional<Reason> resume(const SessionState &state,
                                               const netlink::Session &session, base::Time now);
    // The control connection has no such call: nobody is to be told of its end.
    void hang_up() { hung_up_ = true; }
    // path: its MTU. record_is_there: its record, begun and not ended, if it had one.
    void begin_resumed(std::uint32_t path, bool record_is_there, base::Time now);
    // Lets go of it, for the next program; nothing of it is touched. False: that cannot go on with
    // it.
    [[nodiscard]] bool leave();
    // Writes what the next program needs. False: the kernel has not got it.
    bool save();

    [[nodiscard]] base::Status open();          // the kernel's half, before the peer is answered
    void start(base::Time now);                 // it was: PPP begins
    void stop(base::Time now, Reason reason);   // in order
    void abort(base::Time now, Reason reason);  // the peer is told once, and it is over
    // The control connection has ended the call, or has ended.
    void control_gone(base::Time now, Reason reason);
    void frame(const netlink::Frame &frame, base::Time now);
    void check_session(base::Time now);  // the kernel, whether it is still there
    void session_gone(base::Time now);
    void path_mtu_changed(std::uint32_t path);
    void alarmed(base::Time now);  // no acknowledgement came within static-rtt
    void settings_changed(std::shared_ptr<const ServerSettings> settings);
    void terms_changed(base::Time now);  // the configuration of users was read anew
    void expire(base::Time now);
    [[nodiscard]] base::Deadline deadline() const;

    [[nodiscard]] bool ended() const { return ended_; }
    // The control connection has ended it: it need not be told.
    [[nodiscard]] bool hung_up() const { return hung_up_; }
    [[nodiscard]] const std::optional<Reason> &reason() const { return reason_; }
    // Of its session in the kernel, also when that is gone.
    [[nodiscard]] std::optional<netlink::SessionId> kernel_id() const { return kernel_id_; }
    [[nodiscard]] bool known() const { return session_.has_value(); }
    [[nodiscard]] bool up() const { return up_since_.has_value(); }
    // Another program could go on with it as it is now.
    [[nodiscard]] bool lasts() const { return up() && !ended_ && !reason_ && link_.state(); }
    [[nodiscard]] pptp::CallId peer_call() const { return plan_.request.peer; }
    [[nodiscard]] const Plumbing &plumbing() const { return plumbing_; }
    [[nodiscard]] const std::optional<ServerSession> &session() const { return session_; }
    [[nodiscard]] const ppp::Link &link() const { return link_; }
    [[nodiscard]] base::Ipv4 caller() const { return plan_.caller; }

    // As lists show it; what does not change while it is up is in session().
    struct Shown {
        base::Duration uptime{};
        std::string encoding = "none";
        bool insecure = false;
        bool dynamic = true;  // the interface has no entry
        std::uint32_t mtu = 0;
        std::uint32_t mru = 0;
    };
    [[nodiscard]] Shown shown(base::Time now) const;
    // For its record. Nothing: it has none.
    [[nodiscard]] std::optional<aaa::Store::Counters> counters(const netlink::Stats &stats) const;

private:
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
    // Never said: multilink is not asked for.
    void on(ppp::MultilinkReady &) {}
    void on(ppp::MultilinkDown &) {}
    void on(ppp::BundleFrame &) {}
    void on(ppp::Ended &output);

    [[nodiscard]] ppp::LinkOptions link_options() const;
    [[nodiscard]] ppp::Grant grant() const;
    void set(const netlink::SessionChange &change);  // or it ends
    void apply_settings();                           // that the kernel can change
    [[nodiscard]] std::uint32_t tx_window() const;   // 0: none

    // -- who it is, and what it gets (server_call_user.cpp)
    void judge(base::Time now);
    [[nodiscard]] std::optional<Reason> admit(const ppp::PeerAuthenticated &who, base::Time now);
    [[nodiscard]] std::optional<Reason> refuse_more(const std::string &user,
                                                    const aaa::Terms &terms, base::Time now);
    [[nodiscard]] base::Result<base::Ipv4> address(const config::AddressSource &source,
                                                   const std::string &user, const std::string &key);
    [[nodiscard]] std::optional<std::string> outdated(const aaa::Terms &fresh) const;

    // -- the device (server_call_device.cpp)
    [[nodiscard]] base::Status make_device(std::uint32_t mtu);
    [[nodiscard]] base::Status try_device(const std::string &name, std::uint32_t mtu);
    void went_up(base::Time now, const ppp::Ipv4Up &output);
    void begin_record();
    void end_record(const netlink::Stats &stats);
    void undress(Cause cause);
    void fit_mtu(std::uint32_t path);
    [[nodiscard]] std::uint32_t mtu_for(std::uint32_t path);
    void open_ipv6();
    [[nodiscard]] Dressed dressed() const;

    // -- for the next program (server_call_resume.cpp)
    [[nodiscard]] SessionState state() const;
    void take_over(const SessionState &state, const netlink::Session &session, base::Time now);
    [[nodiscard]] std::optional<Reason>
    resume_link(const ppp::LinkState &link, const netlink::Session &session, base::Time now);
    void resume_timeouts(base::Time now);
    void tell_found(std::string_view id, base::log::Level level, std::string_view words);

    // -- while it is up
    void keepalive(base::Time now);
    void check_idle(base::Time now);
    void restart_timeouts(base::Time now);

    void leave(base::Time now, Reason reason);  // ends it in order, from within
    void end(Reason reason);                    // this is the reason, if there was none
    void settle(base::Time now);
    bool wind_down(base::Time now);
    void finish();

    using Fields = std::map<std::string, std::string>;
    void tell(base::log::Level level, std::string_view id, std::string text, Fields fields = {});
    void tell_end(const netlink::Stats &stats);
    [[nodiscard]] base::Duration lasted(base::Time now) const;

    const ServerGround &ground_;
    Plan plan_;
    std::function<void()> wake_;
    Plumbing plumbing_;
    ppp::Link link_;
    std::optional<netlink::SessionId> kernel_id_;
    std::string attempt_;  // tells this call from all others, in events

    std::optional<Reason> reason_;
    std::string peer_words_;  // what the peer has said at the end, if that is not the reason
    bool hung_up_ = false;
    bool stale_settings_ = false;  // the kernel has those of an earlier configuration
    bool link_ended_ = false;
    bool ended_ = false;
    base::Deadline known_by_;
    base::Deadline last_words_;
    std::optional<Reason> control_reason_;
    Recheck recheck_;

    std::string claimed_;  // the user, before it is proved
    struct Pending {
        auth::Verdict verdict;
        std::string user;
        base::Time at;
    };
    std::optional<Pending> pending_;
    std::optional<ServerSession> session_;

    ppp::LcpOpened lcp_;
    bool lcp_open_ = false;
    std::uint32_t link_mtu_ = 0;
    bool encrypts_ = false;
    bool alarmed_ = false;  // stateless encryption is better from now on
    std::string encoding_ = "none";
    bool insecure_ = false;
    bool static_name_ = false;
    std::uint32_t mtu_ = 0;
    std::optional<ppp::Ipv6Up> ipv6_;
    std::optional<Dressed> dressed_;
    std::optional<base::Time> up_since_;
    std::optional<base::Time> first_up_;
    std::uint64_t traffic_ = 0;  // frames from the peer when the keepalive last asked
    std::uint64_t missed_ = 0;   // echo replies
    std::uint64_t packets_ = 0;  // both ways, when idle-timeout last asked
    base::Time busy_{};          // when there was traffic, as far as known
    double busy_epoch_ = 0;      // the same by the wall clock
    base::Deadline idle_check_;
    base::Deadline session_end_;
    std::string terms_text_;  // of session_->terms, for save()
    base::Bytes saved_;       // what the kernel has
    bool too_long_ = false;   // that the state is, which was told
};

}  // namespace rtun::daemon
