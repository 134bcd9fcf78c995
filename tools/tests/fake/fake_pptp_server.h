// SPDX-License-Identifier: GPL-2.0-or-later
//
// A PPTP server of the simplest kind (PAC of RFC 2637, authenticator of RFC 1334, one address to
// give) that says what a test has written for it. It stands at an address of a FakeWorld and at the
// far end of a FakeKernel's sessions. A second one of the same kernel has the frames of its own
// sessions only, and the first those of bundles, whose links may go to both; its octets are put
// together here by hand, not by the codecs of the client, so that a mistake in those is not made
// twice.
#pragma once

#include <base/bytes.h>
#include <base/net.h>
#include <tests/fake/fake_kernel.h>
#include <tests/fake/fake_world.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rtun::fake {

class FakePptpServer final : public FakeListener {
public:
    explicit FakePptpServer(FakeKernel &client_kernel);
    FakePptpServer(const FakePptpServer &) = delete;
    FakePptpServer &operator=(const FakePptpServer &) = delete;
    ~FakePptpServer() override;

    // -- what the test wants
    std::string password = "secret";
    bool authenticate = true;  // PAP; else nothing is asked for
    bool microsoft = false;    // MS-CHAPv1 instead, and every password is right
    // Of MPPE, what it asks for and all that it agrees to; nothing: it does not speak CCP.
    std::optional<std::uint32_t> mppe;
    std::uint16_t mru = 1450;  // of ours, in LCP
    // Multilink: what it puts together, and who it says it is; nothing: it rejects what is asked.
    std::optional<std::uint16_t> mrru;
    std::optional<std::uint32_t> discriminator;
    bool bridges = false;      // BCP, with an address of its own; else it does not know it
    bool rejects_mac = false;  // that of the other end
    std::string vendor = "fake";
    int control_result = 1;  // of the Start-Control-Connection-Reply
    int call_result = 1;     // of the Outgoing-Call-Reply
    bool eager = false;      // the first LCP frame overtakes the Outgoing-Call-Reply
    // Closes the TCP connection instead of answering this control message (1 SCCRQ, 7 OCRQ).
    int close_at_message = 0;
    // Sends a Terminate-Request instead of answering: "lcp", "pap", "ipcp".
    std::string terminate_at;
    bool hangs_up_on_failure = false;  // TCP closes before the client reads the refusal
    // Stops the control connection and closes it; what it says to the password comes later, by
    // refuse_password().
    bool stops_on_failure = false;
    bool hangs_up_on_nak = false;  // of its authentication method: asks to terminate, closes
    bool frozen = false;           // reads and says nothing, as after SIGSTOP
    std::uint16_t call_id = 7;
    base::Ipv4 own_address{0x0a000001};     // inside: 10.0.0.1
    base::Ipv4 client_address{0x0a000002};  // 10.0.0.2

    // -- what the test sees
    std::vector<int> messages;       // types of control messages received
    std::vector<base::Bytes> heard;  // and they themselves
    int connections = 0;
    bool connected = false;
    int echo_requests = 0;        // LCP
    std::string terminated_with;  // the client's reason in its LCP Terminate-Request

    // -- what the test does
    void hang_up();                 // closes the TCP connection
    void stop();                    // Stop-Control-Connection-Request
    void refuse_password();         // of the last PAP request, and LCP Terminate-Request
    void disconnect_call();         // Call-Disconnect-Notify
    void terminate_link();          // LCP Terminate-Request
    void renegotiate();             // LCP Configure-Request while the link is open
    void renegotiate_encryption();  // CCP Configure-Request, also while it is open
    void send_frame(const base::Bytes &frame);
    void send_octets(base::View octets);  // on the control connection

    // -- FakeListener
    void accepted(FakeConnection connection) override;
    void received(base::View octets) override;
    void client_closed() override;

private:
    void message(base::View message);
    void control(std::uint16_t type, const base::Bytes &body);
    bool frame(netlink::SessionId session, base::View frame);
    void answer(netlink::SessionId session, base::View frame);
    void lcp(base::View packet);
    [[nodiscard]] bool rejects_multilink(base::View packet);
    void pap(base::View packet);
    void chap(base::View packet);
    void ccp(base::View packet);
    void ipcp(base::View packet);
    void bcp(base::View packet, base::View frame);
    void send(std::uint16_t protocol, std::uint8_t code, std::uint8_t id, const base::Bytes &data);
    void configure_request();

    FakeKernel &kernel_;
    FakeConnection connection_;
    base::Bytes input_;
    std::function<bool(netlink::SessionId, base::View)> next_;  // who was there before
    std::optional<netlink::SessionId> session_;
    std::optional<netlink::SessionId> bundle_;
    std::optional<netlink::SessionId> answering_;  // one of both
    std::uint16_t client_call_ = 0;
    std::uint8_t next_id_ = 1;
    std::uint8_t pap_id_ = 0;
    bool lcp_requested_ = false;
    bool ccp_requested_ = false;
    bool ipcp_requested_ = false;
    bool bcp_requested_ = false;
};

}  // namespace rtun::fake
