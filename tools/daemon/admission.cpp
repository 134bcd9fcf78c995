// SPDX-License-Identifier: GPL-2.0-or-later
//
// The cheapest question comes first, and one that has failed costs the source no token of the next.
#include <daemon/admission.h>

#include <base/result.h>

#include <algorithm>

namespace rtun::daemon {

void HalfOpen::release() {
    if (Admission *owner = std::exchange(owner_, nullptr); owner != nullptr)
        owner->release(host_);
}

void Admission::set(const config::PptpServer &settings) {
    allow_from_ = settings.allow_from;
    max_all_ = settings.max_half_open;
    max_host_ = settings.max_half_open_per_host;
    rate_.set(settings.connection_rate);
}

bool Admission::allowed(base::Ipv4 host) const {
    return allow_from_.empty() ||
           std::any_of(allow_from_.begin(), allow_from_.end(), [host](const auto &prefix) {
               const std::uint32_t mask =
                   prefix.length == 0 ? 0 : ~std::uint32_t{0} << (32U - prefix.length);
               return (host.value & mask) == (prefix.address.value & mask);
           });
}

std::optional<Cause> Admission::connection(base::Ipv4 host, base::Time now) {
    if (!allowed(host))
        return Cause::NotAllowed;
    if (const auto full = another(host))
        return full;
    if (!rate_.admit(host, now))
        return Cause::RateLimit;
    return std::nullopt;
}

std::optional<Cause> Admission::another(base::Ipv4 host) const {
    if (all_ >= max_all_ || half_open(host) >= max_host_)
        return Cause::HalfOpenLimit;
    return std::nullopt;
}

HalfOpen Admission::take(base::Ipv4 host) {
    all_++;
    hosts_[host.value]++;
    return {*this, host};
}

void Admission::release(base::Ipv4 host) {
    const auto entry = hosts_.find(host.value);
    RTUN_ASSERT(entry != hosts_.end() && all_ > 0);
    all_--;
    if (--entry->second == 0)
        hosts_.erase(entry);
}

std::size_t Admission::half_open(base::Ipv4 host) const {
    const auto entry = hosts_.find(host.value);
    return entry == hosts_.end() ? 0 : entry->second;
}

}  // namespace rtun::daemon
