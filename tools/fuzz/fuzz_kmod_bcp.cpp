// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel module's parser of bridged frames. The first octet of the input says whether the peer
// may compress tinygrams, the rest is what stands behind the protocol field. What is accepted lies
// within that, and is an Ethernet frame; sent on to another peer, it arrives as it was.
#include <fuzz/target.h>

extern "C" {
#include <kmod/bcp_wire.h>
}

#include <algorithm>
#include <vector>

using namespace rtun;
using fuzz::check;

namespace {

constexpr u32 header = RTUN_BCP_HLEN;

// A frame on its way to a peer that fills up.
void send_on(const std::vector<std::uint8_t> &frame) {
    const auto len = static_cast<u32>(frame.size());
    const u32 sent = rtun_bcp_tinygram(frame.data(), len);
    check(sent <= len && sent >= RTUN_BCP_ETH_HLEN,
          "no more than the frame, and all of its header");
    std::vector<std::uint8_t> wire(header);
    rtun_bcp_build(wire.data(), len, sent);
    wire.insert(wire.end(), frame.begin(), frame.begin() + sent);

    rtun_bcp_frame again{};
    const auto whole = static_cast<u32>(wire.size());
    check(rtun_bcp_parse(&again, wire.data(), header, whole, RTUN_BCP_Z) == RTUN_BCP_GOOD,
          "what we send is a bridged frame");
    check(again.len == sent && again.fcs == 0 && again.pads == 0, "with nothing behind it");
    std::vector<std::uint8_t> filled(wire.begin() + header, wire.end());
    filled.resize(filled.size() + again.fill, 0);
    check(filled == frame, "a frame arrives as it was sent");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    if (size == 0)
        return 0;
    const std::uint8_t agreed = (data[0] & 1) != 0 ? RTUN_BCP_Z : 0;
    const auto whole = static_cast<u32>(size - 1);
    // No more is at hand than the header.
    const u32 have = std::min(whole, header);
    const std::vector<std::uint8_t> octets(data + 1, data + 1 + have);

    rtun_bcp_frame frame{};
    frame.len = frame.fcs = frame.pads = frame.fill = 0xffffffff;
    if (rtun_bcp_parse(&frame, octets.data(), have, whole, agreed) != RTUN_BCP_GOOD)
        return 0;
    check(header + frame.len + frame.fcs + frame.pads == whole, "all of it is accounted for");
    check(frame.len >= RTUN_BCP_ETH_HLEN, "it has an Ethernet header");
    check(frame.fcs == 0 || frame.fcs == RTUN_BCP_FCS_LEN, "an FCS is there or not");
    check(frame.pads <= RTUN_BCP_PADS, "pads are few");
    check(frame.fill == 0 || (agreed != 0 && frame.len + frame.fill == RTUN_BCP_ETH_MIN),
          "only what was agreed on is filled up, to the minimum");

    std::vector<std::uint8_t> inner(data + 1 + header, data + 1 + header + frame.len);
    inner.resize(inner.size() + frame.fill, 0);
    (void)rtun_bcp_management(inner.data());
    send_on(inner);
    return 0;
}
