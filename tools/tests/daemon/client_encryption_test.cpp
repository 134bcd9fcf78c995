// SPDX-License-Identifier: GPL-2.0-or-later
//
// A client whose server encrypts, or does not: what the kernel is told, and in which order; what is
// shown; how it ends.
#include <tests/daemon/host.h>

#include <gmock/gmock.h>

namespace rtun::daemon::test {
namespace {

using base::ErrorCode;
using testing::HasSubstr;
using testing::Not;

constexpr std::uint32_t H = 0x01000000, S = 0x40, L = 0x20;

config::Client encrypting(ppp::Encryption encryption,
                          ppp::MppeStrengths mppe = ppp::MppeStrength::Bits128) {
    config::Client client = office();
    client.encryption = encryption;
    client.mppe = mppe;
    return client;
}

struct EncryptingHost : Host {
    explicit EncryptingHost(std::optional<std::uint32_t> bits = H | S) {
        server.microsoft = true;
        server.mppe = bits;
    }
};

TEST(ClientEncryption, IsThereBeforeAnyPacketCanLeave) {
    EncryptingHost host;
    host.dial(encrypting(ppp::Encryption::Required));
    ASSERT_TRUE(host.client->up());
    const std::size_t born = host.place("session_add 1 0 mppe_required");
    const std::size_t keys =
        host.place("session_set 1 mppe_required yes mppe_tx MPPE128 stateless mppe_rx MPPE128");
    const std::size_t open = host.place("session_set 1 np +ipv4");
    EXPECT_LT(born, keys);
    EXPECT_LT(keys, host.place("link_add"));
    EXPECT_LT(keys, open);

    const netlink::Session session = host.only_session();
    EXPECT_TRUE(session.mppe_required);
    ASSERT_TRUE(session.mppe_tx && session.mppe_rx);
    EXPECT_EQ(session.mppe_tx->mode, netlink::MppeMode{.bits = 128});
    EXPECT_EQ(session.mppe_rx->mode, netlink::MppeMode{.bits = 128});
    EXPECT_EQ(host.kernel.keys_of(session.id).send.reveal().size(), 16U);
    EXPECT_FALSE(host.kernel.keys_of(session.id).receive.empty());
}

TEST(ClientEncryption, IsTakenByDefaultWhereTheServerHasIt) {
    EncryptingHost host;
    host.dial();
    EXPECT_EQ(host.client->status().encoding, "MPPE128 stateless");
    EXPECT_EQ(host.kernel.count("session_add 1 0 mppe_required"), 0);
    EXPECT_TRUE(host.only_session().mppe_required) << "from then on";
}

TEST(ClientEncryption, IsShownToldAndLogged) {
    EncryptingHost host;
    host.dial(encrypting(ppp::Encryption::Required));
    const ctl::ClientStatus status = host.client->status();
    EXPECT_EQ(status.encoding, "MPPE128 stateless");
    EXPECT_FALSE(status.insecure);
    EXPECT_EQ(host.said("client.encryption"), "encryption MPPE128 stateless");
    EXPECT_EQ(host.last("client.up")->fields.at("encoding"), "MPPE128 stateless");
    EXPECT_EQ(host.said("client.up"), "connected: office 10.0.0.2 -> 10.0.0.1 mtu 1446 MPPE128 "
                                      "stateless");
}

TEST(ClientEncryption, NeverShowsAKey) {
    EncryptingHost host;
    host.dial(encrypting(ppp::Encryption::Required));
    const std::string key = base::to_hex(host.kernel.keys_of(host.only_session().id).send.reveal());
    for (const ctl::Event &event : host.events)
        EXPECT_THAT(ctl::encode(event), Not(HasSubstr(key)));
    EXPECT_THAT(
        ctl::encode(ctl::Reply{.error = {}, .clients = {host.client->status()}, .lines = {}}),
        Not(HasSubstr(key)));
    for (const std::string &call : host.kernel.calls())
        EXPECT_THAT(call, Not(HasSubstr(key)));
}

TEST(ClientEncryption, TakesFourOctetsOfWhatTheServerReceives) {
    EncryptingHost host;
    host.dial();  // the server's MRU is 1450
    EXPECT_EQ(host.kernel.links().begin()->second.mtu, 1446U);
    EXPECT_EQ(host.client->status().mtu, 1446U);
    EXPECT_EQ(host.count("client.mtu"), 0);
}

TEST(ClientEncryption, LeavesTheMtuAloneWhereThereIsRoom) {
    EncryptingHost host;
    host.server.mru = 1500;
    host.dial();
    EXPECT_EQ(host.kernel.links().begin()->second.mtu, 1450U);
}

TEST(ClientEncryption, TakesFourOctetsOfANarrowPathToo) {
    EncryptingHost host;
    host.kernel.path_mtu = 1400;
    host.dial();
    EXPECT_EQ(host.kernel.links().begin()->second.mtu, 1356U);
    EXPECT_THAT(host.said("client.mtu"), HasSubstr("takes 1400 octets, 44 of them ours"));
}

TEST(ClientEncryption, TakesFourOctetsOfASizeThatFollowsThePath) {
    EncryptingHost host;
    host.server.mru = 1500;
    host.kernel.path_mtu = 1492;
    config::Client settings = office();
    settings.max_mtu = settings.max_mru = 0;
    host.dial(settings);
    EXPECT_EQ(host.kernel.links().begin()->second.mtu, 1448U);
    EXPECT_EQ(host.client->status().mru, 1452U) << "the server takes its four off";
    EXPECT_EQ(host.count("client.mtu"), 0);
}

TEST(ClientEncryption, OfAShortKeyHasToBeNamedAndIsCalledInsecure) {
    EncryptingHost named(H | L);
    named.dial(encrypting(ppp::Encryption::Required, ppp::MppeStrength::Bits40));
    ASSERT_TRUE(named.client->up());
    EXPECT_EQ(named.client->status().encoding, "MPPE40 stateless");
    EXPECT_TRUE(named.client->status().insecure);
    EXPECT_EQ(named.said("client.encryption"), "encryption MPPE40 stateless (insecure)");
    EXPECT_EQ(named.last("client.up")->fields.at("insecure"), "yes");
    EXPECT_EQ(named.kernel.keys_of(named.only_session().id).send.reveal().size(), 8U);

    EncryptingHost other(H | L);
    other.dial(encrypting(ppp::Encryption::Required));
    other.world.advance(30s);
    other.expect_ended(ErrorCode::Refused, Layer::Ppp);
    EXPECT_EQ(other.client->last_reason()->text,
              "encryption is required and cannot be had: the peer offers MPPE with 40 bit, "
              "stateless; allowed is 128 bit, stateless");
}

TEST(ClientEncryption, StatefulCarriesThePeersWayToResynchronise) {
    for (const auto resync : {config::MppeResync::Rfc, config::MppeResync::Linux}) {
        EncryptingHost host(S);
        config::Client settings = encrypting(ppp::Encryption::Required);
        settings.mppe_stateful = ppp::StatefulMppe::Yes;
        settings.mppe_resync = resync;
        host.dial(settings);
        host.world.advance(10s);
        ASSERT_TRUE(host.client->up());
        EXPECT_EQ(host.client->status().encoding, "MPPE128 stateful");
        EXPECT_EQ(host.only_session().mppe_rx->mode,
                  (netlink::MppeMode{.bits = 128,
                                     .stateful = true,
                                     .rekey_on_flush = resync == config::MppeResync::Linux}));
    }
}

TEST(ClientEncryption, StatelessHasNoNeedOfThat) {
    EncryptingHost host;
    config::Client settings = encrypting(ppp::Encryption::Required);
    settings.mppe_resync = config::MppeResync::Linux;
    host.dial(settings);
    EXPECT_TRUE(host.client->up());
    EXPECT_EQ(host.client->status().encoding, "MPPE128 stateless");
}

TEST(ClientEncryption, OfAServerWithoutItIsMissedOnlyWhereItIsRequired) {
    EncryptingHost optional(std::nullopt);
    optional.dial();
    EXPECT_TRUE(optional.client->up());
    EXPECT_EQ(optional.client->status().encoding, "none");
    EXPECT_EQ(optional.said("client.encryption"),
              "not encrypted: the peer does not speak CCP (Protocol-Reject)");
    EXPECT_EQ(optional.kernel.links().begin()->second.mtu, 1450U);
    EXPECT_FALSE(optional.only_session().mppe_required);

    EncryptingHost required(std::nullopt);
    required.dial(encrypting(ppp::Encryption::Required));
    required.world.advance(10s);
    required.expect_ended(ErrorCode::Refused, Layer::Ppp);
    EXPECT_EQ(required.said("client.failed"),
              "encryption is required and cannot be had: the peer does not speak CCP "
              "(Protocol-Reject)");
    EXPECT_EQ(required.last("client.failed")->fields.at("by"), "local");
    EXPECT_EQ(required.kernel.count("link_add"), 0);
}

TEST(ClientEncryption, IsNotSpokenOfWhereItIsNotWanted) {
    EncryptingHost host;
    host.dial(encrypting(ppp::Encryption::No));
    EXPECT_TRUE(host.client->up());
    EXPECT_EQ(host.count("client.encryption"), 0);
    EXPECT_EQ(host.client->status().encoding, "none");
}

TEST(ClientEncryption, RequiredWithMethodsThatGiveNoKeysIsWrongBeforeAnythingIsDialed) {
    EncryptingHost host;
    config::Client settings = encrypting(ppp::Encryption::Required);
    settings.allow = auth::MethodSet::parse("chap,pap").value();
    host.dial(settings);
    host.expect_ended(ErrorCode::Invalid, Layer::Config);
    EXPECT_EQ(host.client->last_reason()->text,
              "encryption required takes its keys from mschap2 or mschap1");
    EXPECT_EQ(host.server.connections, 0);
}

TEST(ClientEncryption, NegotiatedAnewSendsNothingInClearInBetween) {
    EncryptingHost host;
    host.dial();
    const netlink::LinkIndex link = host.kernel.links().begin()->first;
    const base::Bytes packet{0x45, 0, 0, 20};
    host.kernel.send_packet(link, packet);
    EXPECT_EQ(host.only_session().stats.tx_encrypted, 1U);
    // The server asks anew and then says nothing: there are no keys until it does.
    host.server.frozen = true;
    host.server.renegotiate_encryption();
    host.world.run();
    EXPECT_FALSE(host.only_session().mppe_tx || host.only_session().mppe_rx);
    EXPECT_EQ(host.client->status().encoding, "none");
    EXPECT_FALSE(host.kernel.send_packet(link, packet));
    EXPECT_EQ(host.only_session().stats.drops.at("tx_mppe_clear"), 1U);
    host.server.frozen = false;
    host.world.advance(3s);
    EXPECT_EQ(host.client->status().encoding, "MPPE128 stateless");
    host.kernel.send_packet(link, packet);
    EXPECT_EQ(host.only_session().stats.tx_encrypted, 2U);
    EXPECT_TRUE(host.client->up());
}

TEST(ClientEncryption, ThatTheKernelRefusesEndsTheCall) {
    EncryptingHost host;
    host.kernel.on_frame = [&, deliver = host.kernel.on_frame](netlink::SessionId id,
                                                               base::View frame) {
        if (frame[0] == 0x80 && frame[1] == 0xfd)
            host.kernel.fail_next("session_set", {ErrorCode::Refused, "no RC4 in FIPS mode", 1});
        return deliver(id, frame);
    };
    host.dial(encrypting(ppp::Encryption::Required));
    host.world.advance(10s);
    host.expect_ended(ErrorCode::Refused, Layer::Kernel);
    EXPECT_EQ(host.client->last_reason()->text, "no RC4 in FIPS mode");
}

TEST(ClientEncryption, ChangedDialsAnew) {
    for (int change = 0; change < 4; ++change) {
        EncryptingHost host;
        host.dial(office(), Reconnect::Yes);
        config::Client settings = office();
        if (change == 0)
            settings.encryption = ppp::Encryption::Required;
        else if (change == 1)
            settings.mppe.add(ppp::MppeStrength::Bits40);
        else if (change == 2)
            settings.mppe_stateful = ppp::StatefulMppe::Yes;
        else
            settings.mppe_resync = config::MppeResync::Linux;
        host.client->apply(settings);
        host.world.advance(1s);
        EXPECT_EQ(host.server.connections, 2) << change;
        host.client->abort("test");
    }
}

}  // namespace
}  // namespace rtun::daemon::test
