// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a session's terms do to the host around its device: interface group, proxy ARP, routes of
// the user, rate limit, clamping of TCP's MSS, membership in an nft set, and the scripts that are
// run when it comes up and goes. What cannot be done is told and costs the session nothing; what
// was done is undone at the end, also by the next program (everything is found again by the
// device's name or index and by our marks).
#pragma once

#include <aaa/users.h>
#include <base/net.h>
#include <base/result.h>
#include <netlink/kernel.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rtun::daemon {

// The session, for scripts' environment and the rest.
struct Dressed {
    std::string service;  // "pptp"
    std::string user;
    std::string caller;  // the peer's outer address
    std::string interface;
    netlink::LinkIndex link{};
    base::Ipv4 local;
    base::Ipv4 remote;
    std::vector<base::Ipv4> dns;
    std::uint32_t mtu = 0;
    std::string session;  // accounting id
};

class Dressing {
public:
    virtual ~Dressing() = default;
    // Each string is something that could not be done, for the log and for `why`.
    [[nodiscard]] virtual std::vector<std::string> put_on(const Dressed &session,
                                                          const aaa::Terms &terms) = 0;
    // Terms that changed while the session is up; scripts are not run.
    [[nodiscard]] virtual std::vector<std::string>
    change(const Dressed &session, const aaa::Terms &from, const aaa::Terms &to) = 0;
    // A session of an earlier program that goes on: what is there is known again, no script.
    virtual void resume(const Dressed &session, const aaa::Terms &terms) = 0;
    // The device may be gone already. cause: for the script, as in the list of reasons.
    virtual void take_off(const Dressed &session, const aaa::Terms &terms,
                          const std::string &cause) = 0;
};

}  // namespace rtun::daemon
