// SPDX-License-Identifier: GPL-2.0-or-later
//
// One call that somebody makes to us, from the Outgoing-Call-Request to its end: the kernel's
// session of the transport, LCP and authentication. Its control connection drives it
// (server_connection.h): inputs with a time, a deadline, and ended() when nothing of it is left in
// the kernel, among the leases or anywhere else.
//
//      open -> Verify ... -> PeerAuthenticated -> known: networks, too, and what the user has
//                                              -> of a bundle: a link, and nothing else
//
// What the user has (user_session.h) is the call's own, or with multilink (RFC 1990) that of the
// bundle which it joins (server_bundle.h).
//
// An unauthenticated peer costs this object and one session of the kernel; nothing is looked up,
// leased or written for it.
#pragma once

#include <auth/method.h>
#include <base/bytes.h>
#include <base/time.h>
#include <daemon/admission.h>
#include <daemon/plumbing.h>
#include <daemon/ppp_kernel.h>
#include <daemon/reason.h>
#include <daemon/server_ground.h>
#include <daemon/server_state.h>
#include <daemon/user_session.h>
#include <netlink/kernel.h>
#include <ppp/link.h>
#include <pptp/server.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace rtun::daemon {

class ServerBundle;

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
    [[nodiscard]] std::optional<Reason> resume(const BundleLinkState &state,
                                               const netlink::Session &session, base::Time now);
    // The control connection has no such call: nobody is to be told of its end.
    void hang_up() { hung_up_ = true; }
    // path: its MTU. records: those that are begun and not ended; nothing: not known.
    void begin_resumed(std::uint32_t path, const std::optional<std::set<std::string>> &records,
                       base::Time now);
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
    // Its user is, and has a session that is this call's own.
    [[nodiscard]] bool known() const { return user_.known(); }
    // The user has something of it.
    [[nodiscard]] bool up() const { return user_.up() || joined(); }
    // Another program could go on with it as it is now.
    [[nodiscard]] bool lasts() const;
    [[nodiscard]] pptp::CallId peer_call() const { return plan_.request.peer; }
    [[nodiscard]] const Plumbing &plumbing() const { return plumbing_; }
    [[nodiscard]] const UserSession &user() const { return user_; }
    [[nodiscard]] base::Ipv4 caller() const { return plan_.caller; }
    // For its record. Nothing: it has none.
    [[nodiscard]] std::optional<aaa::Store::Counters> counters(const netlink::Stats &stats) const {
        return user_.counters(stats);
    }

    // -- as a link of a bundle, for that
    [[nodiscard]] bool joined() const { return joined_at_.has_value(); }
    [[nodiscard]] base::Time joined_at() const { return joined_at_.value_or(base::Time{}); }
    [[nodiscard]] const ppp::LcpOpened &lcp() const { return lcp_; }
    [[nodiscard]] base::Status join(netlink::SessionId bundle, base::Time now);  // in the kernel
    void heard(bool any);  // says the kernel, which leaves it out while it is silent
    [[nodiscard]] bool silent() const { return silent_; }
    // The bundle is not there any more.
    void bundle_ended(base::Time now, const Reason &reason);

private:
    // PPP
    void on(ppp::SendFrame &output);
    void on(ppp::PhaseChanged &output);
    void on(ppp::LcpOpened &output);
    void on(ppp::Authenticated &output);
    void on(ppp::Verify &output);
    void on(ppp::PeerAuthenticated &output);
    void on(ppp::PeerRefused &output);
    void on(ppp::MultilinkReady &output);
    void on(ppp::MultilinkDown &output);
    void on(ppp::BundleFrame &output);
    void on(ppp::Ended &output);
    template <typename OfNetworks>
    void on(OfNetworks &output) {
        user_.on(output);
    }

    [[nodiscard]] ppp::LinkOptions link_options() const;
    void set(const netlink::SessionChange &change);  // or it ends
    void apply_settings();                           // that the kernel can change
    [[nodiscard]] std::uint32_t tx_window() const;   // 0: none

    // -- who it is (server_call_user.cpp)
    void judge(base::Time now);
    void known_as(const ppp::PeerAuthenticated &who, base::Time now);
    void link_of(const ppp::PeerAuthenticated &who, base::Time now);

    // -- a link of a bundle (server_call_bundle.cpp)
    bool save_link();

    [[nodiscard]] bool stale(const netlink::Session &session) const;
    void keepalive(base::Time now);

    void leave(base::Time now, Reason reason);  // ends it in order, from within
    void end(Reason reason);                    // this is the reason, if there was none
    void settle(base::Time now);
    bool wind_down(base::Time now);
    void finish();

    void tell(base::log::Level level, std::string_view id, std::string text,
              UserSession::Fields fields = {}) const {
        user_.tell(level, id, std::move(text), std::move(fields));
    }
    void tell_link_ended();

    const ServerGround &ground_;
    Plan plan_;
    std::function<void()> wake_;
    Plumbing plumbing_;
    ppp::Link link_;
    std::optional<netlink::SessionId> kernel_id_;
    UserSession user_;
    ServerBundle *bundle_ = nullptr;       // that it is a link of, or is to be
    std::optional<base::Time> joined_at_;  // when it joined that
    double joined_epoch_ = 0;              // the same by the wall clock
    bool silent_ = false;
    base::Bytes saved_;  // of it as a link, what the kernel has

    std::optional<Reason> reason_;
    std::string peer_words_;  // what the peer has said at the end, if that is not the reason
    bool hung_up_ = false;
    bool stale_settings_ = false;  // the kernel has those of an earlier configuration
    bool link_ended_ = false;
    bool ended_ = false;
    base::Deadline known_by_;
    base::Deadline last_words_;
    base::Deadline prodded_;  // somebody else has fed it
    std::optional<Reason> control_reason_;
    Recheck recheck_;

    struct Pending {
        auth::Verdict verdict;
        std::string user;
        base::Time at;
    };
    std::optional<Pending> pending_;

    ppp::LcpOpened lcp_;
    bool lcp_open_ = false;
    std::uint64_t traffic_ = 0;  // frames from the peer when the keepalive last asked
    std::uint64_t missed_ = 0;   // echo replies
};

}  // namespace rtun::daemon
