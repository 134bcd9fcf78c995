// SPDX-License-Identifier: GPL-2.0-or-later
//
// Dressing on the real host: each of a session's terms is handed to the part that knows how, and
// what a session wears is remembered, so that it is taken off as it was put on.
#pragma once

#include <base/result.h>
#include <daemon/dressing.h>
#include <daemon/firewall.h>
#include <daemon/proxy_arp.h>
#include <daemon/scripts.h>
#include <daemon/user_routes.h>
#include <event/loop.h>
#include <netlink/host.h>
#include <netlink/kernel.h>

#include <map>
#include <string>
#include <vector>

namespace rtun::daemon {

class HostDressing final : public Dressing {
public:
    HostDressing(event::Loop &loop, netlink::Kernel &kernel, netlink::Host &host,
                 Scripts::Limits limits = {});

    std::vector<std::string> put_on(const Dressed &session, const aaa::Terms &terms) override;
    std::vector<std::string> change(const Dressed &session, const aaa::Terms &from,
                                    const aaa::Terms &to) override;
    void resume(const Dressed &session, const aaa::Terms &terms) override;
    void take_off(const Dressed &session, const aaa::Terms &terms,
                  const std::string &cause) override;

    // Once, after the last resume(): what sessions that are no more have left goes, and what
    // sessions that go on should have, but somebody has removed, comes back.
    void sweep();

    // Programs that run or wait. Who ends the daemon waits for them: on-down belongs to a session.
    [[nodiscard]] const Scripts &scripts() const { return scripts_; }
    [[nodiscard]] Scripts &scripts() { return scripts_; }

private:
    struct Worn {
        bool clamped = false;
        std::string address_list;  // empty: none
        bool proxied = false;
    };

    [[nodiscard]] std::vector<std::string> wear(const Dressed &session, const aaa::Terms &from,
                                                const aaa::Terms &to);
    void watch_networks();
    [[nodiscard]] base::Status script(const std::string &path, const std::string &event,
                                      const Dressed &session, const aaa::Terms &terms,
                                      const std::string &cause);

    event::Loop &loop_;
    netlink::Kernel &kernel_;
    netlink::Host &host_;
    Firewall firewall_;
    ProxyArp proxies_;
    UserRoutes routes_;
    Scripts scripts_;
    std::map<std::string, Worn> worn_;  // by interface
    bool watched_ = false;
    std::vector<event::Io> watchers_;
};

// What a program of on-up or on-down is told. cause: empty for on-up.
[[nodiscard]] Program script_program(const std::string &path, const std::string &event,
                                     const Dressed &session, const aaa::Terms &terms,
                                     const std::string &cause);

}  // namespace rtun::daemon
