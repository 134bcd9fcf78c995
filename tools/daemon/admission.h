// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who may connect, decided before anything is allocated for it: the source filter, how many are
// half-open (connected, and nobody has been authenticated yet), of all sources and of one, and how
// many connections a second a source makes. What is kept is bounded by the limits themselves: an
// entry for each source that has something half-open, and the token buckets of aaa::Throttle.
#pragma once

#include <aaa/throttle.h>
#include <base/net.h>
#include <base/time.h>
#include <config/model.h>
#include <daemon/reason.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace rtun::daemon {

class Admission;

// One place among the half-open, as long as it lives. Its Admission outlives it.
class HalfOpen {
public:
    HalfOpen() = default;
    HalfOpen(HalfOpen &&other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)), host_(other.host_) {}
    HalfOpen &operator=(HalfOpen &&other) noexcept {
        if (this != &other) {
            release();
            owner_ = std::exchange(other.owner_, nullptr);
            host_ = other.host_;
        }
        return *this;
    }
    HalfOpen(const HalfOpen &) = delete;
    HalfOpen &operator=(const HalfOpen &) = delete;
    ~HalfOpen() { release(); }

    [[nodiscard]] explicit operator bool() const { return owner_ != nullptr; }
    void release();

private:
    friend class Admission;
    HalfOpen(Admission &owner, base::Ipv4 host) : owner_(&owner), host_(host) {}
    Admission *owner_ = nullptr;
    base::Ipv4 host_;
};

class Admission {
public:
    void set(const config::PptpServer &settings);

    // Nothing: it may come in. Counts as a connection of this source.
    [[nodiscard]] std::optional<Cause> connection(base::Ipv4 host, base::Time now);
    // Nothing: one more may be half-open.
    [[nodiscard]] std::optional<Cause> another(base::Ipv4 host) const;
    [[nodiscard]] HalfOpen take(base::Ipv4 host);

    [[nodiscard]] std::size_t half_open() const { return all_; }
    [[nodiscard]] std::size_t half_open(base::Ipv4 host) const;

private:
    friend class HalfOpen;
    void release(base::Ipv4 host);
    [[nodiscard]] bool allowed(base::Ipv4 host) const;

    std::vector<config::Prefix> allow_from_;
    std::uint32_t max_all_ = 256;
    std::uint32_t max_host_ = 8;
    aaa::ConnectionRate rate_;
    std::size_t all_ = 0;
    std::unordered_map<std::uint32_t, std::uint32_t> hosts_;  // those that have some
};

}  // namespace rtun::daemon
