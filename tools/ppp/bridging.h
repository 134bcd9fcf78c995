// SPDX-License-Identifier: GPL-2.0-or-later
//
// What there is to agree on about bridging (RFC 3518), and what it comes to.
#pragma once

#include <base/net.h>

namespace rtun::ppp {

struct BridgeOptions {
    base::Mac mac;  // of our device, told to the peer; all zeros: nothing is told
};

// What may be sent one way, beyond untagged Ethernet frames.
struct BridgeDirection {
    bool ethernet = false;           // who receives has said that it takes Ethernet frames; if
                                     // not, it has said nothing, and takes them all the same
    bool tagged = false;             // frames with a tag of IEEE 802.1Q
    bool tinygram = false;           // short frames without the zeros that they were padded with
    bool management_inline = false;  // BPDUs and their like, as bridged frames; otherwise not at
                                     // all, for the form of old (OldBpdu) is not spoken

    bool operator==(const BridgeDirection &) const = default;
};

// BCP has opened: the link carries Ethernet frames.
struct BridgeUp {
    BridgeDirection send;
    BridgeDirection receive;
    base::Mac local;   // what the peer was told of us; all zeros: nothing
    base::Mac remote;  // what it has said; all zeros: nothing

    bool operator==(const BridgeUp &) const = default;
};
struct BridgeDown {};

}  // namespace rtun::ppp
