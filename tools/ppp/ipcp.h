// SPDX-License-Identifier: GPL-2.0-or-later
//
// IPCP (RFC 1332) with the name server options of RFC 1877.
//
// Asked for: IP-Address, the configured one or 0.0.0.0 for "you choose"; a peer that names another
// one in a Nak is followed, as the address is asked for, not insisted on. 129 and 131 if name
// servers are wanted; they are dropped when the peer rejects them or has none.
// The peer's own IP-Address: acknowledged if it is the one configured for it, or if none is and it
// can be a host's; otherwise a Nak with the configured one. A peer that asks us to choose (0.0.0.0)
// while none is configured gets a Reject: a link without the peer's address still carries packets.
// One that does not mention it is told by an appended Nak (RFC 1332 section 3.3) if one is
// configured. One that asks for something else again and again is rejected, and in the end given
// up. The peer's name servers, 129 to 132: those that are configured, by a Nak; a Reject where
// there is none. Everything else, Van Jacobson compression and the deprecated IP-Addresses too, is
// rejected.
#pragma once

#include <ppp/control_protocol.h>

#include <string>
#include <vector>

namespace rtun::ppp {

class Ipcp final : public ControlProtocol {
public:
    explicit Ipcp(const LinkOptions &options);

    // Other options, before the lower layer is up.
    void configure(const LinkOptions &options);
    // Opened, or closed, since before this program began.
    void resume(const Ipv4Up &agreed);
    void resume_closed() { ControlProtocol::resume(State::Closed); }

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

    // What this option is to be told, if it asks for a name server that we have.
    [[nodiscard]] base::Ipv4 served(wire::IpcpType type) const;

    base::Ipv4 configured_local_;
    base::Ipv4 configured_remote_;
    bool configured_dns_ = false;
    std::vector<base::Ipv4> serve_dns_;
    std::vector<base::Ipv4> serve_wins_;

    base::Ipv4 local_;
    bool ask_local_ = true;
    Dns primary_;
    Dns secondary_;
    base::Ipv4 remote_;  // what the peer got
};

}  // namespace rtun::ppp
