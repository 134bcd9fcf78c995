// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the daemon serves, put together: users, leases and records, the directory that commands
// change, what sessions wear, and the PPTP server. Records and leases are in one file:
// $RTUN_STATE or systemd's state directory or /var/lib/rtun, rtun.db (rtun-NETNS.db with -n).
#pragma once

#include <aaa/pools.h>
#include <aaa/store.h>
#include <aaa/users.h>
#include <base/result.h>
#include <daemon/directory.h>
#include <daemon/host_dressing.h>
#include <daemon/pptp_server.h>
#include <daemon/server_view.h>
#include <event/loop.h>
#include <netlink/host.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace rtun::daemon {

class Serving {
public:
    // All of them outlive it.
    struct Parts {
        event::Loop &loop;
        World &world;
        netlink::Kernel &kernel;
        base::Random &random;
        HostRoutes &routes;
    };
    // quiet is called when, after stop() or abort(), the last session has gone and its scripts have
    // run.
    [[nodiscard]] static base::Result<std::unique_ptr<Serving>> create(const Parts &parts,
                                                                       const std::string &netns,
                                                                       EventSink sink,
                                                                       std::function<void()> quiet);
    Serving(const Serving &) = delete;
    Serving &operator=(const Serving &) = delete;

    // Once, after the first configuration: sessions that an earlier program of this owner has left
    // go on, or end if they cannot. What else it has left goes, and records whose end nobody saw
    // are closed.
    [[nodiscard]] base::Status resume(std::string_view owner);

    [[nodiscard]] Directory &directory() { return directory_; }
    [[nodiscard]] Sessions &sessions() { return view_; }
    [[nodiscard]] std::size_t up() const { return server_.sessions(); }
    // True: it was about something of the server's, and is nobody else's business.
    bool kernel_event(const netlink::Event &event) { return server_.kernel_event(event); }
    void stop();
    // The same, but what the next program can go on with is left to it. How many sessions that are.
    std::size_t leave();
    void abort();

private:
    Serving(const Parts &parts, std::unique_ptr<netlink::Host> host, aaa::Store store,
            EventSink sink, std::function<void()> quiet);
    void changed();
    void rested();

    std::unique_ptr<netlink::Host> host_;
    aaa::Store store_;
    aaa::Users users_;
    aaa::Pools pools_;
    HostDressing dressing_;
    std::function<void()> quiet_;
    PptpServer server_;
    ServerView view_;
    Directory directory_;
};

}  // namespace rtun::daemon
