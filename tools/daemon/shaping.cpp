// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bits become octets here, and bursts become buckets.
#include <daemon/shaping.h>

#include <algorithm>
#include <limits>

namespace rtun::daemon {

namespace {

constexpr std::uint64_t Widest = std::numeric_limits<std::uint32_t>::max();

// How much may come at once where nobody has asked for a burst.
struct Least {
    std::uint64_t per_second;  // this part of a second's worth,
    std::uint64_t octets;      // but at least so much
};
// A queue sends in small steps: 10 ms, or ten packets.
constexpr Least Shaped{.per_second = 100, .octets = 16000};
// A policer has no queue. TCP finds a rate only if what arrives within a round trip may pass, and
// a packet of joined segments has 64 KiB.
constexpr Least Policed{.per_second = 10, .octets = 72 << 10};

// 1 Tbit/s.
constexpr netlink::Bucket Unlimited{
    .rate = 125'000'000'000, .burst = 1U << 30, .peak_rate = 0, .peak_burst = 0};

std::uint32_t at_least(std::uint64_t rate, const Least &least) {
    return static_cast<std::uint32_t>(
        std::clamp<std::uint64_t>(rate / least.per_second, least.octets, Widest));
}

netlink::Bucket bucket(const config::RateLimit::Direction &limit, const Least &least) {
    netlink::Bucket made;
    made.rate = std::max<std::uint64_t>(limit.rate / 8, 1);
    made.burst = at_least(made.rate, least);
    if (limit.burst_rate / 8 <= made.rate)
        return made;
    // As the router's: a threshold that is not given is the rate, a time that is not given a
    // second.
    const auto threshold =
        static_cast<double>(limit.burst_threshold != 0 ? limit.burst_threshold : limit.rate);
    const auto time = static_cast<double>(std::max<std::int64_t>(limit.burst_time.count(), 1));
    const auto fast = static_cast<double>(limit.burst_rate);
    const double lasts = threshold * time / fast;
    const double more = (fast - static_cast<double>(limit.rate)) / 8 * lasts;
    made.burst = std::max(made.burst,
                          static_cast<std::uint32_t>(std::min(more, static_cast<double>(Widest))));
    made.peak_rate = limit.burst_rate / 8;
    made.peak_burst = at_least(made.peak_rate, least);
    return made;
}

void tell(std::vector<std::string> &problems, const std::string &what, const base::Status &done) {
    if (!done)
        problems.push_back(what + ": " + done.error().text);
}

}  // namespace

netlink::Bucket shaped(const config::RateLimit::Direction &limit) {
    return limit.rate == 0 ? Unlimited : bucket(limit, Shaped);
}

netlink::Bucket policed(const config::RateLimit::Direction &limit) {
    return bucket(limit, Policed);
}

std::vector<std::string> change_limit(netlink::Host &host, netlink::LinkIndex link,
                                      const config::RateLimit &from, const config::RateLimit &to) {
    std::vector<std::string> problems;
    if (to.tx != from.tx && (to.tx.rate != 0 || from.tx.rate != 0))
        tell(problems, "rate-limit, what the user receives", host.shape(link, shaped(to.tx)));
    if (to.rx != from.rx && to.rx.rate != 0)
        tell(problems, "rate-limit, what the user sends", host.police(link, policed(to.rx)));
    else if (to.rx != from.rx && from.rx.rate != 0)
        tell(problems, "rate-limit, what the user sends", host.unpolice(link));
    return problems;
}

}  // namespace rtun::daemon
