// SPDX-License-Identifier: GPL-2.0-or-later
//
// A Link that demands authentication on the bench, and the engines of a client that proves who it
// is. What a claim is worth is decided with one password.
#pragma once

#include <auth/peer.h>
#include <tests/ppp/bench.h>

#include <memory>
#include <string>

namespace rtun::ppp {

constexpr std::uint32_t server_address = 0x0a000001;
constexpr std::uint32_t client_address = 0x0a000002;

inline LinkOptions demanding(auth::MethodSet require) {
    LinkOptions options;
    options.allow = {};
    options.require = require;
    return options;
}
inline LinkOptions demanding() { return demanding(only({auth::Method::MsChap2})); }

inline Grant usual_grant(Encryption encryption = Encryption::No) {
    Grant grant;
    grant.local_address = {server_address};
    grant.remote_address = {client_address};
    grant.encryption = encryption;
    return grant;
}

class ServerBench : public Bench {
public:
    explicit ServerBench(LinkOptions options = demanding()) : Bench(std::move(options)) {}

    // A client that knows this password begins to prove who it is.
    void client(auth::Method method, const std::string &user = "jack",
                std::string_view its_password = "secret") {
        client_ =
            auth::Peer::create(method, {user, base::Secret(its_password)}, {}, client_random_);
        client_->start(now);
        exchange();
    }
    // Hands packets of authentication to and fro until both are silent. Claims are decided as they
    // come, unless that is held back.
    void exchange() {
        for (bool more = true; more;) {
            more = false;
            for (; seen_ < outputs.size(); ++seen_) {
                const Output output = outputs[seen_];
                if (const auto *send = std::get_if<SendFrame>(&output)) {
                    to_client(send->frame);
                } else if (const auto *verify = std::get_if<Verify>(&output); verify && decides) {
                    verdict(auth::check(verify->claim, base::Secret(password)));
                }
            }
            for (const auth::Output &output : client_->take_outputs()) {
                more = true;
                if (const auto *send = std::get_if<auth::Send>(&output))
                    hear(static_cast<PppProtocol>(send->protocol), send->payload);
                else if (const auto *succeeded = std::get_if<auth::Succeeded>(&output))
                    client_keys = succeeded->keys;
                else
                    client_failed = std::get<auth::Failed>(output).text;
            }
        }
    }
    // LCP is open, the client has proved who it is, and has been granted this.
    void authenticated(auth::Method method, const Grant &granted = usual_grant()) {
        open_lcp();
        client(method);
        ASSERT_EQ(count<PeerAuthenticated>(), 1U);
        grant(granted);
        ASSERT_EQ(link.phase(), Phase::Network);
    }
    void ipv4() {
        ipcp(CpCode::ConfigureRequest, 1, {address(client_address)});
        acknowledge(PppProtocol::Ipcp);
        ASSERT_GE(count<Ipv4Up>(), 1U);
    }

    std::string password = "secret";
    bool decides = true;
    std::optional<auth::MppeKeys> client_keys;
    std::string client_failed;

private:
    void to_client(const Bytes &frame) {
        const auto decoded = wire::decode_ppp(frame);
        const auto protocol = static_cast<std::uint16_t>(decoded->protocol);
        if (client_ &&
            (decoded->protocol == PppProtocol::Pap || decoded->protocol == PppProtocol::Chap))
            client_->receive(protocol, decoded->information, now);
    }

    fake::FakeRandom client_random_{99};
    std::unique_ptr<auth::Peer> client_;
    std::size_t seen_ = 0;
};

}  // namespace rtun::ppp
