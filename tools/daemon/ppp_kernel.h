// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a PPP link has agreed, in the kernel's terms: the same for a call that we make and for one
// that we take. And what both ask of the kernel's counters.
#pragma once

#include <base/time.h>
#include <config/model.h>
#include <daemon/plumbing.h>
#include <netlink/kernel.h>
#include <ppp/link.h>

#include <chrono>
#include <cstdint>

namespace rtun::daemon {

// IP header, GRE header with both numbers (RFC 2637 section 4.1), FF 03 and the protocol field.
inline constexpr std::uint32_t PptpOverhead = 20 + 16 + 4;
// And with MPPE: its header, and the protocol field inside (RFC 3078 section 3.1).
inline constexpr std::uint32_t MppeOverhead = 4;
// The smallest device MTU: what a path says below that is not believed.
inline constexpr std::uint32_t MinMtu = 128;
// And the largest: the kernel's leave room for every header (RTUN_OVERHEAD_MAX in kmod/rtun.h).
inline constexpr std::uint32_t MaxMtu = 65535 - 78;
// What auto stands for while the path is not known: the usual size.
inline constexpr std::uint32_t UsualSize = 1450;

[[nodiscard]] netlink::SessionChange agreed(const ppp::LcpOpened &lcp);
// Anew: what was agreed does not hold until LCP has opened again (RFC 1661 section 6.5).
[[nodiscard]] netlink::SessionChange nothing_agreed();

[[nodiscard]] netlink::SessionChange encrypted(const ppp::EncryptionUp &keys,
                                               config::MppeResync resync);
[[nodiscard]] netlink::SessionChange not_encrypted();

[[nodiscard]] netlink::BridgeFlags bridging(const ppp::BridgeUp &agreed);

// What an earlier program has opened, as the engine's state says; what the device is like is read
// from the kernel.
[[nodiscard]] Plumbing::Networks networks_of(const ppp::LinkState &link);

// What a bundle is created with. A link of it that falls silent is asked for a sign of life while
// others carry traffic, and left out until it gives one. sharing: what else is set of it.
[[nodiscard]] netlink::SessionChange bundle_of(const ppp::MultilinkAgreed &agreed,
                                               netlink::SessionChange sharing = {});

// The MTU of the device.
struct DeviceMtu {
    std::uint32_t mtu = 0;
    std::uint32_t wanted = 0;  // without the path's limit
    std::uint32_t path = 0;    // 0: unknown
    std::uint32_t ours = 0;    // octets of a packet on the path that are not the inner packet's
    [[nodiscard]] bool lowered() const { return mtu < wanted; }
};
enum class Clear : std::uint8_t { Yes, No };
// link: what the link takes, with or without encryption. max 0: what fits the path.
[[nodiscard]] DeviceMtu device_mtu(std::uint32_t link, std::uint32_t max, std::uint32_t path,
                                   Clear clear);
// The same of a device whose frames are bridged.
[[nodiscard]] DeviceMtu bridged(DeviceMtu packets);

// max-mtu as a link is told of it: 0, which follows the path, is no limit.
[[nodiscard]] std::uint16_t link_mtu(std::uint16_t max);
// Likewise a bundle, which puts so much together: it may be more than a device takes.
[[nodiscard]] std::uint16_t bundle_mtu(std::uint16_t mrru);
// The max-mru that fits the path. The peer takes MPPE's octets off it.
[[nodiscard]] std::uint16_t automatic_mru(std::uint32_t path);

// PPP frames from the peer that the link engine has not seen. Acknowledgements do not count: they
// come from the other end's GRE, which may outlive its PPP (it is another process with many
// servers).
[[nodiscard]] std::uint64_t frames_seen(const netlink::Stats &stats);
// Network packets, both ways.
[[nodiscard]] std::uint64_t packets_carried(const netlink::Stats &stats);

// The kernel could not say how a session is (no memory for an answer, say), so nothing is known and
// nothing has ended: it is asked again after a while, then after twice as long, and so on. When it
// has been asked often enough, the keepalive and the next event are left.
class Recheck {
public:
    static constexpr std::chrono::milliseconds After{100};
    static constexpr int Max = 8;

    void failed(base::Time now) {
        if (times_ < Max)
            deadline_ = now + After * (1 << times_++);
        else
            times_ = 0;
    }
    void asked() { deadline_.reset(); }
    void answered() { times_ = 0; }
    [[nodiscard]] base::Deadline deadline() const { return deadline_; }

private:
    base::Deadline deadline_;
    int times_ = 0;
};

}  // namespace rtun::daemon
