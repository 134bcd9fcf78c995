// SPDX-License-Identifier: GPL-2.0-or-later
//
// The numbers of these structures are for kernels that computed with tables of transmission times;
// those of today take the rate and, for tbf, the burst in octets.
#include <netlink/qdisc.h>

#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

namespace rtun::netlink {

namespace {

constexpr std::uint32_t Handle = 174U << 16;  // "ae:"
constexpr std::uint32_t AtIngress = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
constexpr std::uint8_t EthernetLayer = 1;  // TC_LINKLAYER_ETHERNET: a frame is as long as it is
constexpr std::uint8_t CellLog = 8;        // must not be 0, and means nothing
// The policer's burst is a time: ticks of 64 ns (PSCHED_SHIFT of the kernel is 6).
constexpr double TicksPerSecond = 1e9 / 64;

// What may wait in a queue besides a burst: a tenth of a second, or sixteen packets.
constexpr std::uint32_t LeastWaiting = 16 * 1600;
constexpr std::uint32_t MostWaiting = 16U << 20;
// A packet before segmentation; a longer burst does not need a longer queue.
constexpr std::uint32_t LargestPacket = 80 << 10;

template <typename T>
base::View bytes_of(const T &object) {
    return {reinterpret_cast<const std::uint8_t *>(&object), sizeof(object)};
}

Message message_of(std::uint16_t type, std::uint16_t flags, LinkIndex link, std::uint32_t parent,
                   std::uint32_t handle, std::uint32_t info) {
    tcmsg header{};
    header.tcm_family = AF_UNSPEC;
    header.tcm_ifindex = static_cast<int>(link);
    header.tcm_parent = parent;
    header.tcm_handle = handle;
    header.tcm_info = info;
    return {type, flags, bytes_of(header)};
}

constexpr std::uint64_t Widest = std::numeric_limits<std::uint32_t>::max();

tc_ratespec ratespec(std::uint64_t rate) {
    tc_ratespec spec{};
    spec.cell_log = CellLog;
    spec.linklayer = EthernetLayer;
    spec.rate = static_cast<std::uint32_t>(std::min(rate, Widest));
    return spec;
}

void put_u64(Message &message, std::uint16_t attribute, std::uint64_t value) {
    message.bytes(attribute, bytes_of(value));
}

std::uint32_t ticks(std::uint32_t octets, std::uint64_t rate) {
    const double needed = octets * TicksPerSecond / static_cast<double>(rate);
    return static_cast<std::uint32_t>(std::min(needed, static_cast<double>(Widest)));
}

}  // namespace

Message build_tbf(LinkIndex link, const Bucket &bucket) {
    Message message =
        message_of(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, link, TC_H_ROOT, Handle, 0);
    message.text(TCA_KIND, "tbf").begin(TCA_OPTIONS);
    tc_tbf_qopt options{};
    options.rate = ratespec(bucket.rate);
    options.limit = std::min(bucket.burst, LargestPacket) +
                    static_cast<std::uint32_t>(
                        std::clamp<std::uint64_t>(bucket.rate / 10, LeastWaiting, MostWaiting));
    if (bucket.peak_rate != 0)
        options.peakrate = ratespec(bucket.peak_rate);
    message.bytes(TCA_TBF_PARMS, bytes_of(options)).u32(TCA_TBF_BURST, bucket.burst);
    if (bucket.rate >= Widest)
        put_u64(message, TCA_TBF_RATE64, bucket.rate);
    if (bucket.peak_rate != 0) {
        message.u32(TCA_TBF_PBURST, bucket.peak_burst);
        if (bucket.peak_rate >= Widest)
            put_u64(message, TCA_TBF_PRATE64, bucket.peak_rate);
    }
    message.end();
    return message;
}

Message build_clsact(LinkIndex link) {
    Message message = message_of(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, link, TC_H_CLSACT,
                                 TC_H_MAKE(TC_H_CLSACT, 0), 0);
    message.text(TCA_KIND, "clsact");
    return message;
}

namespace {

std::uint32_t info(Place place) {
    const std::uint16_t all = std::endian::native == std::endian::little
                                  ? std::uint16_t{(ETH_P_ALL & 0xff) << 8 | ETH_P_ALL >> 8}
                                  : std::uint16_t{ETH_P_ALL};
    return static_cast<std::uint32_t>(place) << 16 | all;
}

}  // namespace

Message build_police(LinkIndex link, Place place, const Bucket &bucket) {
    // The kernel wants these tables and reads nothing in them.
    constexpr std::array<std::uint32_t, 256> table{};

    Message message =
        message_of(RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, link, AtIngress, 0, info(place));
    message.text(TCA_KIND, "matchall").begin(TCA_OPTIONS).begin(TCA_MATCHALL_ACT).begin(1);
    message.text(TCA_ACT_KIND, "police").begin(TCA_ACT_OPTIONS);
    tc_police options{};
    options.action = TC_POLICE_SHOT;
    options.burst = ticks(bucket.burst, bucket.rate);
    options.mtu = bucket.peak_rate != 0 ? bucket.peak_burst : ~0U;
    options.rate = ratespec(bucket.rate);
    if (bucket.peak_rate != 0)
        options.peakrate = ratespec(bucket.peak_rate);
    message.bytes(TCA_POLICE_TBF, bytes_of(options)).bytes(TCA_POLICE_RATE, bytes_of(table));
    if (bucket.rate >= Widest)
        put_u64(message, TCA_POLICE_RATE64, bucket.rate);
    if (bucket.peak_rate != 0) {
        message.bytes(TCA_POLICE_PEAKRATE, bytes_of(table));
        if (bucket.peak_rate >= Widest)
            put_u64(message, TCA_POLICE_PEAKRATE64, bucket.peak_rate);
    }
    // What conforms goes on to the administrator's own classifiers, if there are any.
    message.u32(TCA_POLICE_RESULT, static_cast<std::uint32_t>(TC_ACT_UNSPEC));
    message.end().end().end().end();
    return message;
}

Message build_no_police(LinkIndex link, Place place) {
    Message message = message_of(RTM_DELTFILTER, 0, link, AtIngress, 0, info(place));
    message.text(TCA_KIND, "matchall");
    return message;
}

}  // namespace rtun::netlink
