// SPDX-License-Identifier: GPL-2.0-or-later
//
// IPv6CP (RFC 5072): the interface identifiers of both ends, from which their link-local addresses
// are made. There is no other address to negotiate.
//
// Ours: the configured one, or a random one with the "u" bit zero (section 4.1, case 3), the same
// each time that the link negotiates again; never zero. A Nak is followed, unless it names what we
// have just suggested to the peer, who then has the same idea as we.
// The peer's: acknowledged if it is not zero and not ours, or the configured one if there is one;
// otherwise a Nak with one that would do. One that does not mention it is asked to, once.
// Without both there is no IPv6 over the link. Compression (option 2) is rejected.
#pragma once

#include <base/random.h>
#include <ppp/control_protocol.h>

#include <cstdint>
#include <optional>
#include <string>

namespace rtun::ppp {

class Ipv6cp final : public ControlProtocol {
public:
    // random outlives it.
    Ipv6cp(const LinkOptions &options, base::Random &random);

    // Other options, before the lower layer is up.
    void configure(const LinkOptions &options);
    // Opened, or closed, since before this program began.
    void resume(const Ipv6Up &agreed);
    void resume_closed() { ControlProtocol::resume(State::Closed); }

    void set_peer_mru(std::uint16_t mru) { peer_mru_ = mru; }

    // Meaningful while Opened. Neither is zero, and they differ; nothing: the peer has named none,
    // or left none to us.
    [[nodiscard]] std::optional<Ipv6Up> agreed() const;

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

    [[nodiscard]] std::uint64_t draw();
    [[nodiscard]] wire::CpOption suggestion();

    base::Random &random_;
    std::uint64_t configured_local_ = 0;
    std::uint64_t configured_remote_ = 0;
    std::uint64_t tentative_ = 0;  // ours, where none is configured; drawn once
    std::uint64_t suggested_ = 0;  // to the peer in the last Nak; drawn once

    std::uint64_t local_ = 0;
    bool ask_ = true;
    std::uint64_t remote_ = 0;  // what the peer got
    bool hinted_ = false;       // it was asked to name one
};

}  // namespace rtun::ppp
