// SPDX-License-Identifier: GPL-2.0-or-later
//
// LCP (RFC 1661 sections 5 and 6, RFC 1570): what this side asks for, what it lets the peer have,
// echoes and rejects.
//
// Asked for: MRU unless it is the default, Magic-Number, and the two field compressions if wished.
// Each is given up when the peer rejects it. And, if the peer has to authenticate, the strongest of
// the methods that are demanded; a peer that does not like it is asked for what it names in its Nak
// if that is among them, else for the next weaker one. This is never given up: a peer that rejects
// it, or has refused all of them, is the end. Never asked for: an async control character map,
// which means nothing on the packet transports underneath. Let through: any MRU from 128 on, any
// ACCM, a magic number that is neither 0 nor ours, both compressions, and an authentication method
// that is allowed. Another method is answered with a Nak that names the strongest allowed one, then
// the next, and after Max-Failure of them the link fails with a text that says what the peer wants.
// Everything else (quality reports, callback ...) is rejected.
//
// With LinkOptions::multilink there is also what RFC 1990 and 2686 have (lcp_multilink.cpp);
// without it that is among the rest: an MRRU that is acknowledged is a promise to put packets
// together.
#pragma once

#include <base/random.h>
#include <ppp/control_protocol.h>

#include <optional>
#include <string>

namespace rtun::ppp {

class Lcp final : public ControlProtocol {
public:
    // random outlives it.
    Lcp(const LinkOptions &options, base::Random &random);

    // Opened since before this program began.
    void resume(const LcpOpened &agreed, std::uint16_t peer_mru,
                std::optional<auth::Method> demanded);

    // Meaningful while Opened.
    [[nodiscard]] LcpOpened agreed() const;
    // How the peer has to authenticate.
    [[nodiscard]] std::optional<auth::Method> demanded() const { return demand_; }
    [[nodiscard]] std::uint16_t peer_mru() const { return peer_mru_; }

    // The peer wanted a method that is not allowed and has asked for none since: what it wanted and
    // what is allowed, in words. Empty if not so.
    [[nodiscard]] std::string no_method() const { return no_method_; }

    // Both do nothing unless Opened, as sections 5.7 and 5.8 demand.
    void send_echo_request();
    void reject_protocol(const wire::PppFrame &frame);

    // An echo packet with our own magic number: it was never at the peer (section 6.4).
    [[nodiscard]] bool own_echo(base::View information) const;

private:
    void reset() override;
    [[nodiscard]] wire::CpOptions request() override;
    [[nodiscard]] bool knows(std::uint8_t type) const override;
    [[nodiscard]] Verdict judge(const wire::CpOption &option) override;
    void agreed_to(const wire::CpOptions &request) override;
    void on_nak(const wire::CpOption &option) override;
    void on_reject(const wire::CpOption &option) override;
    [[nodiscard]] std::string wishes() const override;
    bool receive_extra(const wire::CpPacket &packet, base::Time now) override;
    void on_code_rejected(wire::CpCode code) override;
    void send_echo_reply(const wire::CpPacket &request) override;

    [[nodiscard]] Verdict judge_magic(std::uint32_t magic);
    [[nodiscard]] Verdict refuse_method(std::string wanted);
    [[nodiscard]] Verdict reject();
    void demand_another(const wire::CpOption &better);
    [[nodiscard]] std::uint32_t new_magic();
    void receive_protocol_reject(const wire::CpPacket &packet, base::Time now);

    // -- lcp_multilink.cpp
    void reset_multilink();
    void resume_multilink(const std::optional<MultilinkAgreed> &agreed);
    void request_multilink(wire::CpOptions &options) const;
    [[nodiscard]] bool negotiates() const;
    [[nodiscard]] bool rejected_now() const { return mrru_rejected_ && negotiates(); }
    [[nodiscard]] wire::CpOptions missing(const wire::CpOptions &request) override;
    [[nodiscard]] Verdict judge_multilink(const wire::CpOption &option);
    [[nodiscard]] Verdict judge_mrru(std::uint16_t mrru);
    void agreed_to_multilink(const wire::LcpOption &option);
    void on_multilink_nak(const wire::LcpOption &better);
    void on_multilink_reject(wire::LcpType type);
    [[nodiscard]] std::string multilink_wishes() const;
    [[nodiscard]] std::optional<MultilinkAgreed> multilink_agreed() const;
    [[nodiscard]] std::string multilink_refused() const;

    // What we ask for, or have got once Opened.
    struct Wishes {
        std::uint16_t mru = 1500;  // 1500: the option is left out
        std::uint32_t magic = 0;   // 0: left out
        bool pfc = false;
        bool acfc = false;
    };
    // What the peer got.
    struct Granted {
        std::uint32_t magic = 0;
        bool pfc = false;
        bool acfc = false;
        std::optional<auth::Method> method;
    };
    // The same of multilink.
    struct MultilinkWishes {
        std::uint16_t mrru = 0;  // 0: left out, and with it all else
        bool short_sequence = false;
        int classes = 0;  // 0: left out
        bool discriminator = false;
    };
    struct MultilinkGranted {
        std::uint16_t mrru = 0;  // 0: it did not ask
        bool short_sequence = false;
        std::optional<wire::LcpMultilinkFormat> format;
        std::optional<Discriminator> discriminator;
    };

    base::Random &random_;
    Wishes configured_;
    std::uint16_t mtu_;
    auth::MethodSet allow_;
    auth::MethodSet require_;

    Wishes ours_;
    std::optional<auth::Method> demand_;  // what our request demands
    auth::MethodSet demandable_;          // what the peer has not refused
    Granted peers_;
    std::string no_method_;
    int method_naks_ = 0;
    int collisions_ = 0;           // requests in a row with our own magic number
    std::uint32_t nak_magic_ = 0;  // the one suggested in the last Nak
    bool rejecting_ = false;       // an option of the request that is being judged

    std::optional<Multilink> multilink_;
    MultilinkWishes multilink_ours_;
    MultilinkGranted multilink_peers_;
    bool mrru_rejected_ = false;      // by the peer
    std::uint16_t mrru_refused_ = 0;  // the peer's, which is not that of the bundle
    bool mrru_hinted_ = false;        // that it may ask
};

}  // namespace rtun::ppp
