// SPDX-License-Identifier: GPL-2.0-or-later
//
// A client host that calls a server of ours: the real engines of a client (pptp::Control,
// ppp::Link) with a scripted will. Its TCP is a FakeWorld's, its GRE the frames of the server's
// FakeKernel. A host may make more calls on its one control connection; those
// Outgoing-Call-Requests are put together by hand.
#pragma once

#include <base/random.h>
#include <ppp/link.h>
#include <pptp/control.h>
#include <tests/fake/fake_bundle.h>
#include <tests/fake/fake_kernel.h>
#include <tests/fake/fake_world.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rtun::fake {

// Who gets the frames that the server's kernel sends.
class FakeGre {
public:
    explicit FakeGre(FakeKernel &kernel);
    FakeGre(const FakeGre &) = delete;
    FakeGre &operator=(const FakeGre &) = delete;

    FakeKernel &kernel;
    std::map<netlink::SessionId, std::function<void(base::View)>> receivers;
    // The session of the server with this call id.
    [[nodiscard]] std::optional<netlink::SessionId> session(std::uint32_t call_id) const;

private:
    // What a bundle's session sends comes on one of its links.
    [[nodiscard]] netlink::SessionId carrier(netlink::SessionId session) const;
};

class FakePptpClient final : public FakeListener {
public:
    struct Options {
        base::Ipv4 from{0xcb007109};  // 203.0.113.9
        std::uint16_t port = 40000;
        base::Ipv4 to{0xc0000201};  // 192.0.2.1
        std::uint16_t call_id = 7;
        std::string vendor = "fake";
        std::string user = "jack";
        std::string password = "secret";
        auth::MethodSet allow = auth::MethodSet::all();
        ppp::Encryption encryption = ppp::Encryption::Auto;
        ppp::StatefulMppe mppe_stateful = ppp::StatefulMppe::No;
        bool ipv6 = false;
        bool request_dns = false;
        base::Duration keepalive{0};
        base::Ipv4 local{};  // asked for
        std::optional<ppp::BridgeOptions> bridge{};
        // It agrees to multilink, and its calls are links of this.
        std::optional<ppp::Multilink> multilink{};
        FakeBundle *bundle = nullptr;
    };
    FakePptpClient(FakeWorld &world, FakeGre &gre, base::Random &random, Options options);
    FakePptpClient(const FakePptpClient &) = delete;
    FakePptpClient &operator=(const FakePptpClient &) = delete;
    ~FakePptpClient() override;

    // -- what the test does
    bool dial();     // false: nobody listens
    void hang_up();  // in order: LCP, then the control connection
    void drop();     // TCP closes
    void send(base::View octets) { connection_->send(octets); }  // by TCP
    void negotiate_anew();                                       // its link does
    // Another call of the same host, by another user.
    void call_too(std::uint16_t call_id, const std::string &user, const std::string &password);

    bool silent = false;                        // nothing comes from its PPP any more, nor is read
    bool no_ppp = false;                        // never begins PPP
    bool never_starts = false;                  // connects, and says nothing
    std::function<void(base::Bytes &)> mangle;  // of frames on their way out

    // -- what it sees
    struct Call {
        std::uint16_t id = 0;
        std::optional<netlink::SessionId> session{};  // the server's
        std::optional<ppp::Link> link{};
        std::optional<ppp::LcpOpened> lcp{};
        std::optional<ppp::Authenticated> authenticated{};
        std::optional<ppp::Ipv4Up> ipv4{};
        std::optional<ppp::Ipv6Up> ipv6{};
        std::optional<ppp::BridgeUp> bridge{};
        std::optional<ppp::EncryptionUp> encryption{};
        std::optional<ppp::EndReason> ended{};
        std::string user{};
        std::string password{};
    };
    bool connected = false;
    bool refused = false;  // reset before it was connected
    bool closed = false;   // TCP, by the server
    std::vector<std::unique_ptr<Call>> calls;
    std::optional<pptp::EndReason> control_ended;
    std::vector<int> messages;        // types of control messages received
    std::uint16_t server_window = 0;  // of the Outgoing-Call-Reply
    [[nodiscard]] const Call &call() const { return *calls.at(0); }
    [[nodiscard]] bool up() const { return !calls.empty() && calls.at(0)->ipv4.has_value(); }

    // -- FakeListener
    void accepted(FakeConnection connection) override;
    void received(base::View octets) override;
    void client_closed() override;

private:
    void turn();
    void begin(Call &call, std::uint16_t server_call_id);
    bool drain(Call &call);
    [[nodiscard]] base::Bytes for_control(base::View octets);

    FakeWorld &world_;
    FakeGre &gre_;
    base::Random &random_;
    Options options_;
    std::optional<FakeConnection> connection_;
    std::optional<pptp::Control> control_;
    base::Bytes unread_;
    std::unique_ptr<daemon::Alarm> alarm_;
};

}  // namespace rtun::fake
