// SPDX-License-Identifier: GPL-2.0-or-later
//
// A fake: the other end of a PPP link as a server would be it, scripted and without timers. It
// agrees to everything, authenticates with one method and one password, encrypts or not, and gives
// an address and name servers. What it must do wrong, a test does by hand.
#pragma once

#include <auth/method.h>
#include <base/bytes.h>
#include <base/net.h>
#include <wire/ppp.h>

#include <optional>
#include <string>
#include <vector>

namespace rtun::fake {

class FakePppPeer {
public:
    struct Options {
        std::optional<auth::Method> method;
        std::string user = "jack";
        std::string password = "secret";
        bool knows_password = true;  // false: an impostor, which says yes without proof
        base::Ipv4 own{0x0a000001};
        base::Ipv4 give{0x0a000002};
        std::vector<base::Ipv4> dns;  // none: options 129 and 131 are rejected
        wire::CpOptions lcp;          // asked for besides authentication
        // Of MPPE: what it asks for and all that it acknowledges. Nothing: CCP is unknown to it.
        std::optional<std::uint32_t> mppe;
    };

    explicit FakePppPeer(Options options) : options_(std::move(options)) {}

    // A frame from the link; the frames that it answers.
    std::vector<base::Bytes> receive(base::View frame);

    // A challenge, also in the middle of an open link.
    base::Bytes challenge();

    bool mute = false;  // frozen: says nothing at all
    int verdicts = 0;   // passwords looked at

private:
    void control(const wire::PppFrame &frame);
    void lcp(const wire::CpPacket &packet);
    void ccp(const wire::CpPacket &packet);
    void ipcp(const wire::CpPacket &packet);
    void pap(base::View packet);
    void chap(base::View packet);
    void opened();
    void request_network();
    [[nodiscard]] std::string judge(const base::Bytes &value) const;  // the Success text, or empty

    void say(wire::PppProtocol protocol, base::View information);
    void say(wire::PppProtocol protocol, wire::CpCode code, std::uint8_t id, base::View data);

    Options options_;
    std::vector<base::Bytes> out_;
    bool acked_ = false;  // the link's request
    bool up_ = false;     // LCP is, as both have acknowledged
    bool networking_ = false;
    bool encrypting_ = false;  // its CCP Configure-Request has been sent
    std::uint8_t challenge_id_ = 0;
    base::Bytes challenge_;
};

}  // namespace rtun::fake
