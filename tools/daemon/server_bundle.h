// SPDX-License-Identifier: GPL-2.0-or-later
//
// A bundle of multilink PPP (RFC 1990) that somebody has with us: the session that one user has
// over several calls, its links. In the kernel it is a session of a tunnel of its own, which its
// links' sessions join and leave. It begins with its first link, which is one like the others from
// then on, and ends with its last.
//
//      admit -> join (the first: kernel, engine of the networks) ... gone (the last: the end)
//
// Its links are driven by their control connections, itself by its own alarm and by what they and
// the kernel feed in. When it ends it tells its links, which end with the next turn of the loop.
#pragma once

#include <base/time.h>
#include <daemon/plumbing.h>
#include <daemon/ppp_kernel.h>
#include <daemon/reason.h>
#include <daemon/server_ground.h>
#include <daemon/user_session.h>
#include <daemon/world.h>
#include <netlink/kernel.h>
#include <ppp/bundle_key.h>
#include <ppp/link.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace rtun::daemon {

class ServerCall;

class ServerBundle {
public:
    struct Plan {
        std::shared_ptr<const ServerSettings> settings;
        base::Ipv4 caller;  // of the first link
        ppp::BundleKey key;
        ppp::MultilinkAgreed agreed;
    };
    // over is called when it has ended; it may be destroyed only later.
    ServerBundle(const ServerGround &ground, Plan plan, std::function<void()> over);
    ServerBundle(const ServerBundle &) = delete;
    ServerBundle &operator=(const ServerBundle &) = delete;
    ~ServerBundle();

    // -- for calls
    // Nothing: the user may have it. It has no link yet.
    [[nodiscard]] std::optional<Reason> admit(const ppp::PeerAuthenticated &who, base::Time now);
    // Nothing: a link that has agreed to this may be one of it.
    [[nodiscard]] std::optional<Reason> obstacle(const ppp::MultilinkAgreed &agreed,
                                                 const std::string &user) const;
    // Nothing: there is a place for one more, which it has from now on.
    [[nodiscard]] std::optional<Reason> reserve(ServerCall &link);
    // Nothing: it carries. The kernel or the engine may have said no.
    [[nodiscard]] std::optional<Reason> join(ServerCall &link, const ppp::MultilinkReady &ready,
                                             base::Time now);
    void receive(base::View frame, base::Time now);  // that came without a multilink header
    // It carries nothing any more: for a while, if it negotiates anew.
    void link_down(ServerCall &link, bool anew);
    void link_heard(const ServerCall &link, bool any) const;
    void gone(ServerCall &link, const Reason &reason, base::Time now);
    void forget(ServerCall &link);  // likewise, and nobody is told

    // -- for the server
    void stop(base::Time now, Reason reason);
    void kernel_event(const netlink::Event &event);
    void check_session(base::Time now);  // the kernel, whether it is still there
    void settings_changed(std::shared_ptr<const ServerSettings> settings);
    void terms_changed(base::Time now);

    // -- for the next program (server_bundle_resume.cpp)
    bool save();  // false: the kernel has not got what that needs
    [[nodiscard]] bool lasts() const { return !ended_ && begun_ && user_.lasts(); }
    void left(ServerCall &link);  // this link is for it
    // Lets go of it if a link was left. True: it has ended here.
    bool leave();
    struct Found {
        netlink::Tunnel tunnel;
        netlink::Session session;
        SessionState state;
    };
    void adopt(const Found &found);
    void link_resumed(ServerCall &link);
    void begin_resumed(const std::optional<std::set<std::string>> &records, base::Time now);

    [[nodiscard]] bool ended() const { return ended_; }
    [[nodiscard]] bool carries() const;  // some link does; more may join
    [[nodiscard]] const ppp::BundleKey &key() const { return plan_.key; }
    [[nodiscard]] const UserSession &user() const { return user_; }
    [[nodiscard]] const Plumbing &plumbing() const { return plumbing_; }
    [[nodiscard]] std::optional<netlink::SessionId> kernel_id() const { return kernel_id_; }
    [[nodiscard]] std::optional<netlink::TunnelId> tunnel_id() const { return tunnel_; }
    // Those that have joined, the first to do so first.
    [[nodiscard]] std::vector<const ServerCall *> links() const;

private:
    struct Member {
        ServerCall *link;
        bool carries = false;
        bool away = false;  // and is back when it has negotiated
    };

    void on(ppp::SendFrame &output);
    void on(ppp::LcpOpened &output);
    void on(ppp::Ended &output);
    // Of links.
    void on(ppp::PhaseChanged &) {}
    void on(ppp::Authenticated &) {}
    void on(ppp::Verify &) {}
    void on(ppp::PeerAuthenticated &) {}
    void on(ppp::PeerRefused &) {}
    void on(ppp::MultilinkReady &) {}
    void on(ppp::MultilinkDown &) {}
    void on(ppp::BundleFrame &) {}
    template <typename OfNetworks>
    void on(OfNetworks &output) {
        user_.on(output);
    }

    [[nodiscard]] ppp::LinkOptions link_options() const;
    [[nodiscard]] base::Status open(const ppp::MultilinkReady &first);
    void begin(const ppp::MultilinkReady &first, base::Time now);
    [[nodiscard]] Member *member(const ServerCall &link);
    void tell_link(std::string_view id, const ServerCall &link, std::string_view words,
                   UserSession::Fields fields) const;
    [[nodiscard]] UserSession::Fields fields_of(const ServerCall &link) const;
    void end(Reason reason);
    void settle(base::Time now);
    void finish(base::Time now);
    void unindex();
    void remove_tunnel();
    void woken();

    const ServerGround &ground_;
    Plan plan_;
    std::function<void()> over_;
    std::unique_ptr<Alarm> alarm_;
    Plumbing plumbing_;
    ppp::Link link_;
    std::optional<netlink::TunnelId> tunnel_;
    std::optional<netlink::SessionId> kernel_id_;  // also when that is gone
    UserSession user_;
    std::vector<Member> members_;
    std::optional<Reason> reason_;
    bool begun_ = false;
    bool ended_ = false;
    bool left_ = false;  // a link was, for the next program
    Recheck recheck_;
};

}  // namespace rtun::daemon
