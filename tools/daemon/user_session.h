// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a user has that is connected to the server: terms, addresses, a device and what that wears,
// encryption, a record. It is carried by a session of the kernel and by the engine that negotiates
// networks over it. Without multilink both are the call's (server_call.h), with multilink those of
// its bundle (server_bundle.h): the carrier, which feeds the outputs of the engine in, drains it
// after each call in here, and decides when it is over.
//
//      admit -> known (terms, addresses) -> up (device, dressing, record) -> finish
//
// Before admit() it is nobody's, and costs nothing but its words.
#pragma once

#include <aaa/store.h>
#include <base/bytes.h>
#include <base/net.h>
#include <base/time.h>
#include <daemon/dressing.h>
#include <daemon/plumbing.h>
#include <daemon/ppp_kernel.h>
#include <daemon/reason.h>
#include <daemon/server_ground.h>
#include <daemon/server_session.h>
#include <daemon/server_state.h>
#include <ppp/link.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace rtun::daemon {

class UserSession {
public:
    // Names of devices that are tried when others have them.
    static constexpr int MaxNames = 32;

    // One call, whose packets have to fit its path, or a bundle, which cuts them.
    enum class Kind : std::uint8_t { Call, Bundle };
    // Who carries it; all of that outlives it.
    struct Carrier {
        Kind kind = Kind::Call;
        Plumbing &plumbing;
        ppp::Link &link;
        base::Ipv4 caller;
        std::string attempt;                            // tells it from all others, in events
        std::function<void(Reason)> end;                // it is to end, for this reason
        std::function<void(base::Time, Reason)> leave;  // likewise; the peer is told
        std::function<void(base::Time, Reason)> abort;  // another takes its place: it is over
    };
    UserSession(const ServerGround &ground, Carrier carrier,
                std::shared_ptr<const ServerSettings> settings);
    UserSession(const UserSession &) = delete;
    UserSession &operator=(const UserSession &) = delete;
    ~UserSession();

    // -- who it is, and what it gets (user_session_terms.cpp)
    // Who somebody says to be, before it is proved.
    void claim(std::string_view user);
    [[nodiscard]] static std::string legible(const std::string &user);
    // Nothing: it is known from now on. Else why it is refused, and nothing is held for it.
    [[nodiscard]] std::optional<Reason> admit(const ppp::PeerAuthenticated &who, base::Time now);
    [[nodiscard]] ppp::Grant grant() const;
    // From now on, so that there is no moment in which packets could leave in clear.
    void secure();
    void terms_changed(base::Time now);
    void settings_changed(std::shared_ptr<const ServerSettings> settings);

    // -- outputs of the engine
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

    // -- while it is up
    void path_mtu_changed(std::uint32_t path);
    // No acknowledgement came within static-rtt.
    void alarmed(base::Time now);
    // Nothing: the kernel's session has all that it is to have.
    [[nodiscard]] std::optional<Reason> missing_in(const netlink::Session &session) const;
    void expire(base::Time now);
    [[nodiscard]] base::Deadline deadline() const;

    // -- the end
    void ending() { ending_ = true; }  // there is a reason: nothing is begun any more
    // Nothing of it is left. peer_words: what the peer has said besides.
    void finish(const Reason &reason, const std::string &peer_words);

    // -- for the next program (user_session_resume.cpp)
    // Writes what the next program needs. False: the kernel has not got it.
    bool save();
    [[nodiscard]] bool lasts() const { return up() && !ending_ && link_.state(); }
    // Lets go of it, for the next program; nothing of it is touched. It was saved.
    void release();
    // Instead of admit(): what an earlier program has made. Nothing: it goes on as soon as
    // begin_resumed() says so; else why it cannot. The kernel is only looked at.
    [[nodiscard]] std::optional<Reason> resume(const SessionState &state,
                                               const netlink::Session &session, base::Time now);
    // path: its MTU. records: those that are begun and not ended; nothing: not known.
    void begin_resumed(std::uint32_t path, const std::optional<std::set<std::string>> &records,
                       base::Time now);
    [[nodiscard]] static Reason not_resumable(std::string_view why);

    [[nodiscard]] bool known() const { return session_.has_value(); }
    [[nodiscard]] bool up() const { return up_since_.has_value(); }
    [[nodiscard]] bool is_ending() const { return ending_; }
    [[nodiscard]] const std::optional<ServerSession> &session() const { return session_; }
    [[nodiscard]] bool bridges() const { return session_ && !session_->terms.port.bridge.empty(); }
    [[nodiscard]] const Plumbing &plumbing() const { return plumbing_; }
    [[nodiscard]] const ppp::Link &link() const { return link_; }
    [[nodiscard]] base::Ipv4 caller() const { return carrier_.caller; }

    // As lists show it; what does not change while it is up is in session().
    struct Shown {
        base::Duration uptime{};
        std::string encoding = "none";
        bool insecure = false;
        bool dynamic = true;  // the interface has no entry
        std::uint32_t mtu = 0;
        std::uint32_t mru = 0;
        std::string multilink{};          // what was agreed
        std::string multilink_refused{};  // or why there is none though we asked
        std::optional<ppp::BridgeUp> bridging{};
    };
    [[nodiscard]] Shown shown(base::Time now) const;
    // For its record. Nothing: it has none.
    [[nodiscard]] std::optional<aaa::Store::Counters> counters(const netlink::Stats &stats) const;

    using Fields = std::map<std::string, std::string>;
    void tell(base::log::Level level, std::string_view id, std::string text,
              Fields fields = {}) const;
    // What events of an end say: layer, by, cause, outcome and reason.
    [[nodiscard]] static Fields end_fields(const Reason &reason, bool was_up);

private:
    [[nodiscard]] std::optional<Reason> refuse_more(const std::string &user,
                                                    const aaa::Terms &terms, base::Time now);
    [[nodiscard]] base::Result<base::Ipv4> address(const config::AddressSource &source,
                                                   const std::string &user, const std::string &key);
    [[nodiscard]] base::Mac free_mac(const std::string &user) const;
    [[nodiscard]] std::optional<std::string> outdated(const aaa::Terms &fresh) const;
    void set(const netlink::SessionChange &change);  // or it ends

    // -- the device (user_session_device.cpp)
    [[nodiscard]] base::Status make_device(std::uint32_t mtu);
    [[nodiscard]] base::Status try_device(const std::string &name, std::uint32_t mtu);
    void up_with_device();
    void went_up(base::Time now);
    // "10.0.0.1 -> 10.0.0.2", "in bridge lan"; and the same as fields
    [[nodiscard]] std::string ends() const;
    [[nodiscard]] Fields fields_of_ends() const;
    void begin_record();
    void end_record(const netlink::Stats &stats, const Reason &reason);
    void undress(Cause cause);
    void fit_mtu(std::uint32_t path);
    [[nodiscard]] std::uint32_t mtu_for(std::uint32_t path);
    void open_ipv6();
    [[nodiscard]] Dressed dressed() const;

    [[nodiscard]] SessionState state() const;
    void take_over(const SessionState &state, const netlink::Session &session, base::Time now);
    [[nodiscard]] std::optional<Reason>
    resume_link(const ppp::LinkState &link, const netlink::Session &session, base::Time now);
    void resume_timeouts(base::Time now);
    void tell_found(std::string_view id, base::log::Level level, std::string_view words);

    void check_idle(base::Time now);
    void restart_timeouts(base::Time now);
    void tell_end(const netlink::Stats &stats, const Reason &reason, const std::string &peer_words);
    [[nodiscard]] base::Duration lasted(base::Time now) const;

    const ServerGround &ground_;
    Carrier carrier_;
    Plumbing &plumbing_;
    ppp::Link &link_;
    std::shared_ptr<const ServerSettings> settings_;

    std::string claimed_;
    std::optional<ServerSession> session_;
    ppp::LcpOpened lcp_;
    std::uint32_t link_mtu_ = 0;
    bool encrypts_ = false;
    bool alarmed_ = false;  // stateless encryption is better from now on
    bool ending_ = false;
    std::string encoding_ = "none";
    bool insecure_ = false;
    bool static_name_ = false;
    std::uint32_t mtu_ = 0;
    std::optional<ppp::Ipv6Up> ipv6_;
    std::optional<ppp::BridgeUp> bridging_;
    std::optional<Dressed> dressed_;
    std::optional<base::Time> up_since_;
    std::optional<base::Time> first_up_;
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
