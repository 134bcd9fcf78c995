// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel module's parsers of L2TP data headers. The first octet of the input says how much of
// the datagram behind it is at hand and whether it came in UDP or IP. What is accepted lies within
// the datagram; what was not at hand was not looked at (the sanitizer's part).
#include <fuzz/target.h>

extern "C" {
#include <kmod/l2tp_wire.h>
}

#include <algorithm>
#include <vector>

using namespace rtun;
using fuzz::check;

namespace {

bool same(const rtun_l2tp_header &a, const rtun_l2tp_header &b) {
    return a.version == b.version && a.numbered == b.numbered && a.ns == b.ns &&
           a.tunnel_id == b.tunnel_id && a.session_id == b.session_id && a.hlen == b.hlen &&
           a.len == b.len;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    if (size == 0)
        return 0;
    const bool udp = (data[0] & 1) != 0;
    const auto whole = static_cast<u32>(size - 1);
    // The module has as much at hand as the longest header, or all there is.
    const u32 most = udp ? RTUN_L2TP_V2_HLEN_MAX : RTUN_L2TP_IP_HLEN;
    const u32 have = std::min(whole, most);
    const std::vector<std::uint8_t> octets(data + 1, data + 1 + have);
    const auto parse = [&](rtun_l2tp_header &h) {
        return udp ? rtun_l2tp_parse_udp(&h, octets.data(), have, whole)
                   : rtun_l2tp_parse_ip(&h, octets.data(), have, whole);
    };

    rtun_l2tp_header header{};
    rtun_l2tp_header again{};
    // Nothing of what was in it before is left.
    again.version = 9;
    again.numbered = 1;
    again.ns = again.tunnel_id = 0xffff;
    again.session_id = again.hlen = again.len = 0xffffffff;
    const rtun_drop why = parse(header);
    check(parse(again) == why, "the same octets are the same header");
    check(why >= RTUN_DROP_UNSPEC && why <= RTUN_DROP_MAX, "a refusal has a reason");
    if (why != RTUN_DROP_UNSPEC)
        return 0;
    check(same(header, again), "the same octets are the same header");
    check(header.hlen <= header.len && header.len <= whole, "the header is within the datagram");
    check(header.version == 2 || header.version == 3, "versions are those of L2TP");
    check(udp || header.version == 3, "over IP there is version 3 only");
    check(header.version == 2 || (!header.numbered && header.tunnel_id == 0 && header.len == whole),
          "version 3 has its numbers elsewhere");
    check(header.hlen >= (udp ? (header.version == 2 ? RTUN_L2TP_V2_HLEN : RTUN_L2TP_V3_HLEN)
                              : RTUN_L2TP_IP_HLEN),
          "no header is shorter than its fields");
    return 0;
}
