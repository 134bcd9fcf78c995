// SPDX-License-Identifier: GPL-2.0-or-later
//
// BCP (RFC 3518): Ethernet frames over the link, between bridges that know their way themselves
// (transparent bridges, section 2.1).
//
// Nearly every option of section 5 tells what its sender is ready to receive, so the two directions
// may differ; what is not told, or rejected, is as if BCP had no such option. By number:
//
//  1 Bridge-Identification, 2 Line-Identification: of bridges that route by source. Never asked
//    for, and rejected: we do not.
//  3 MAC-Support: asked for with Ethernet. It is advice: a peer that rejects it may send Ethernet
//    all the same, and one that does not name it takes every kind. It MUST NOT be in a Nak: one is
//    ignored. The peer's stands there once for each kind of LAN; Ethernet is acknowledged, the
//    others are rejected, for none of them will ever come from us. A peer that names others only
//    has said that it discards Ethernet: that is the end (Failed).
//  4 Tinygram-Compression: asked for, enabled: filling up with zeros is cheap (kmod/bcp_wire.h).
//  The
//    peer's is acknowledged, enabled or disabled, and means that we may compress.
//  5 LAN-Identification: obsolete. Rejected, so no frame has such a field.
//  6 MAC-Address: ours is told. A Nak of it MUST be ignored; who repeats it is told no more. The
//    peer's is acknowledged if it is one station's and not ours, otherwise rejected, as it would
//    have to ignore a Nak. A peer without one (all zeros) is given one by a Nak: at random, locally
//    administered, the same each time.
//  7 Spanning-Tree-Protocol: of old, with BPDUs in a protocol of their own. Rejected: we take part
//    in no spanning tree, the bridge behind our device does, by option 9. Without that, BPDUs do
//    not pass, and those of the old form are to be discarded without a word.
//  8 IEEE-802-Tagged-Frame: asked for, enabled. The peer's as with option 4.
//  9 Management-Inline: asked for, enabled. The peer's as with option 4.
// 10 Bridge-Control-Packet-Indicator: the flag B tells of control packets what their address tells
//    us anyway. Never asked for, and rejected, so that no peer waits for it.
//
// An option of the wrong length, or that is neither enabled nor disabled, is rejected; so is what
// is not known. A peer that does not ask for something is not asked to: no Nak is ever appended.
#pragma once

#include <base/random.h>
#include <ppp/bridging.h>
#include <ppp/control_protocol.h>

#include <string>

namespace rtun::ppp {

class Bcp final : public ControlProtocol {
public:
    // Of the link's options, timers and counters count. random outlives it.
    Bcp(const LinkOptions &options, const BridgeOptions &bridge, base::Random &random);

    // Other options, before the lower layer is up.
    void configure(const BridgeOptions &bridge) { mac_ = bridge.mac; }
    // Opened, or closed, since before this program began.
    void resume(const BridgeUp &agreed);
    void resume_closed() { ControlProtocol::resume(State::Closed); }

    void set_peer_mru(std::uint16_t mru) { peer_mru_ = mru; }

    [[nodiscard]] const BridgeUp &agreed() const { return agreed_; }  // meaningful while Opened

private:
    void reset() override;
    [[nodiscard]] wire::CpOptions request() override;
    [[nodiscard]] bool knows(std::uint8_t type) const override;
    [[nodiscard]] bool repeats(std::uint8_t type) const override;
    [[nodiscard]] Verdict judge(const wire::CpOption &option) override;
    [[nodiscard]] wire::CpOptions missing(const wire::CpOptions &request) override;
    void agreed_to(const wire::CpOptions &request) override;
    void on_nak(const wire::CpOption &option) override;
    void on_reject(const wire::CpOption &option) override;
    [[nodiscard]] std::string wishes() const override;

    [[nodiscard]] Verdict judge_mac(const base::Mac &mac);
    void draw();

    base::Random &random_;
    base::Mac mac_;
    base::Mac given_;   // to a peer that has no address of its own; drawn once
    BridgeUp agreed_;   // receive and local: what is asked for, until it is refused
    int mac_naks_ = 0;  // of our address
};

}  // namespace rtun::ppp
