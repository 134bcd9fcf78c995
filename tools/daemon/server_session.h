// SPDX-License-Identifier: GPL-2.0-or-later
//
// A session of the server whose user is known, as another program needs it to go on with it (with
// the link's state). Plain values.
#pragma once

#include <aaa/users.h>
#include <auth/method.h>
#include <base/net.h>

#include <string>

namespace rtun::daemon {

struct ServerSession {
    std::string key;  // of its leases and of its record
    std::string user;
    auth::Method method{};
    aaa::Terms terms;
    base::Ipv4 local;
    base::Ipv4 remote;
    base::Mac mac{};  // of our end, if it is the port of a bridge; then there are no addresses
    std::string interface;  // empty: not up yet
    bool recorded = false;  // it has a record
    double since = 0;       // epoch; 0: not up yet
};

}  // namespace rtun::daemon
