// SPDX-License-Identifier: GPL-2.0-or-later
//
// IPCP (RFC 1332) with the name server options of RFC 1877.
//
// Asked for: IP-Address, the configured one or 0.0.0.0 for "you choose"; a peer that names another
// one in a Nak is followed, as the address is asked for, not insisted on. 129 and 131 if name
// servers are wanted; they are dropped when the peer rejects them or has none.
// The peer's own IP-Address: acknowledged if it can be a host's, or is the one configured for it;
// otherwise a Nak with the configured one. A peer that asks us to choose (0.0.0.0) while none is
// configured gets a Reject: there is no pool on this side, and a link without the peer's address
// still carries packets. One that does not mention it is told by an appended Nak (RFC 1332 section
// 3.3) if one is configured.
// Everything else, Van Jacobson compression and the deprecated IP-Addresses too, is rejected.
#pragma once

#include <ppp/control_protocol.h>

#include <string>

namespace rtun::ppp {

class Ipcp final : public ControlProtocol {
public:
    explicit Ipcp(const LinkOptions &options);

    void set_peer_mru(std::uint16_t mru) { peer_mru_ = mru; }

    // Meaningful while Opened. Without a local address the link is of no use.
    [[nodiscard]] Ipv4Up agreed() const;

private:
    void reset() override;
    [[nodiscard]] wire::CpOptions request() override;
    [[nodiscard]] bool knows(std::uint8_t type) const override;
    [[nodiscard]] Verdict judge(const wire::CpOption &option) override;
    [[nodiscard]] wire::CpOptions missing(const wire::CpOptions &request) override;
    void agreed_to(const wire::CpOptions &request) override;
    void on_nak(const wire::CpOption &option) override;
    void on_reject(const wire::CpOption &option) override;
    [[nodiscard]] std::string wishes() const override;

    // A name server that is asked for: not any more once it is refused.
    struct Dns {
        bool wanted = false;
        base::Ipv4 address;
    };

    base::Ipv4 configured_local_;
    base::Ipv4 configured_remote_;
    bool configured_dns_;

    base::Ipv4 local_;
    bool ask_local_ = true;
    Dns primary_;
    Dns secondary_;
    base::Ipv4 remote_;  // what the peer got
};

}  // namespace rtun::ppp
