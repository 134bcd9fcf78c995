// SPDX-License-Identifier: GPL-2.0-or-later
//
// A user's rate-limit as the kernel's token buckets: what we send waits in a queue on the device
// (tbf), what the user sends is dropped as far as it is too much (a policer at ingress).
//
// A router's burst and a token bucket are not the same thing. A router counts the average over
// burst-time and lets the user have burst-rate as long as it is below burst-threshold: a user who
// comes from silence has that for threshold * time / burst-rate seconds. The bucket is made such
// that this first burst is as fast and as long. It fills again while the user takes less than the
// rate, at what is left of the rate; a router's average falls otherwise, so how soon the next burst
// comes, and how long it is after half a pause, differ. And a threshold above the rate, with which
// a router gives burst after burst to a user who never pauses, gives one here: in the long run
// nobody gets more than the rate.
#pragma once

#include <config/model.h>
#include <netlink/host.h>

#include <string>
#include <vector>

namespace rtun::daemon {

// What we send. A rate of 0: a bucket so large that it limits nothing.
[[nodiscard]] netlink::Bucket shaped(const config::RateLimit::Direction &limit);
// What we receive; its rate is not 0. The device joins segments before they are counted, so the
// bucket takes at least such a packet.
[[nodiscard]] netlink::Bucket policed(const config::RateLimit::Direction &limit);

// From what is there to what is to be there; what could not be done. A limit that ends while the
// device is up becomes one that limits nothing: to remove the queue would lose what is in it.
[[nodiscard]] std::vector<std::string> change_limit(netlink::Host &host, netlink::LinkIndex link,
                                                    const config::RateLimit &from,
                                                    const config::RateLimit &to);

}  // namespace rtun::daemon
