// SPDX-License-Identifier: GPL-2.0-or-later
//
// CCP (RFC 1962) for the sake of MPPE (RFC 3078), which is negotiated as if it were a compressor;
// no other one is spoken, for compression under encryption tells of what it hides.
//
// Asked for: option 18 with all key lengths that are allowed (RFC 3078 section 2.1: "SHOULD request
// all of the options it supports") and stateless mode, or stateful mode where nothing else is
// allowed. The peer's choice in a Nak is followed if it is allowed. Otherwise, and when the option
// is rejected, this side gives up with words for why (Failed): what then becomes of the link is the
// link's business. An Ack of more than one key length agrees on nothing: the strongest is asked for
// next. The peer's option: acknowledged only with exactly one allowed key length and no other bit
// but that of stateless mode. Anything else, no bit at all too, is answered with a Nak that shows
// what would do; so is a request without the option. Stateful mode gets a Nak at first even where
// it is allowed: what is lost costs it a round trip, and reuses a key. Where only stateful mode is
// allowed, a Nak that wants the other one is not the end at once, as pppd's first always does: it
// is asked for again until Max-Failure of them have come. Any other compression protocol is
// rejected.
//
// The option in a request is about what its sender takes (RFC 1962 section 4), so the two
// directions may differ.
//
// Reset-Request and Reset-Ack are answered in the kernel, by those who hold the key. One that comes
// here, of a session without a key or a stateless one, has nothing to reset.
#pragma once

#include <ppp/control_protocol.h>
#include <ppp/mppe.h>

#include <optional>
#include <string>

namespace rtun::ppp {

class Ccp final : public ControlProtocol {
public:
    // Where encryption may fail, silence is believed earlier: IPv4 waits for this. Not any more
    // once the peer has asked for it too.
    static constexpr int PatienceIfOptional = 4;

    // Nothing: this direction is not encrypted.
    struct Agreed {
        std::optional<MppeMode> send;
        std::optional<MppeMode> receive;
    };

    explicit Ccp(const LinkOptions &options);

    // Other options, before the lower layer is up.
    void configure(const LinkOptions &options);
    // Opened, or closed, since before this program began.
    void resume(const Agreed &agreed);
    void resume_closed() { ControlProtocol::resume(State::Closed); }

    void set_peer_mru(std::uint16_t mru) { peer_mru_ = mru; }

    [[nodiscard]] Agreed agreed() const;  // meaningful while Opened
    // What was last refused of what the peer wants, in words; empty if nothing was.
    [[nodiscard]] const std::string &disagreement() const { return disagreement_; }

private:
    void reset() override;
    [[nodiscard]] wire::CpOptions request() override;
    [[nodiscard]] bool knows(std::uint8_t type) const override;
    [[nodiscard]] Verdict judge(const wire::CpOption &option) override;
    [[nodiscard]] wire::CpOptions missing(const wire::CpOptions &request) override;
    void agreed_to(const wire::CpOptions &request) override;
    [[nodiscard]] bool settled() override;
    void on_nak(const wire::CpOption &option) override;
    void on_reject(const wire::CpOption &option) override;
    [[nodiscard]] std::string wishes() const override;
    bool receive_extra(const wire::CpPacket &packet, base::Time now) override;

    [[nodiscard]] bool allows(MppeState state) const;
    [[nodiscard]] MppeState preferred() const;  // what is asked for first
    [[nodiscard]] std::string allowed_text() const;
    [[nodiscard]] Verdict refuse(const std::string &wanted, MppeStrengths of);
    void give_up(std::string why);

    void be_patient();

    int patience_ = 0;  // Max-Configure for a peer that speaks CCP
    MppeStrengths allowed_;
    StatefulMppe stateful_ = StatefulMppe::No;

    bool wanted_ = true;  // not any more: given up
    MppeStrengths ask_;   // what our request says
    MppeState ask_state_ = MppeState::Stateless;
    std::optional<MppeMode> send_;  // what the peer got
    int refusals_ = 0;              // of what cannot be, in a row
    int stateful_naks_ = 0;         // of stateful mode, which is allowed
    int repeats_ = 0;               // of ours for stateful mode, though another was offered
    std::string disagreement_;
};

}  // namespace rtun::ppp
