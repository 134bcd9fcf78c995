// SPDX-License-Identifier: GPL-2.0-or-later
//
// What others' parsers of PPP fell over, one test for each failure that is known; each has its
// name. The tables in docs/SECURITY.md have those, too, that a test of another room shows.
#include <tests/ppp/bench.h>
#include <tests/ppp/server_bench.h>

namespace rtun::ppp {
namespace {

constexpr PppProtocol lcp = PppProtocol::Lcp;
constexpr PppProtocol ccp = PppProtocol::Ccp;
constexpr PppProtocol ipcp = PppProtocol::Ipcp;
constexpr PppProtocol ipv6cp = PppProtocol::Ipv6cp;

// A link in the network phase with all three network control protocols begun.
LinkOptions everything() {
    LinkOptions options = with_password("secret", auth::MethodSet::all());
    options.encryption = Encryption::Auto;
    options.ipv6 = true;
    return options;
}

void to_network(Bench &bench) {
    fake::FakePppPeer::Options peer;
    peer.method = auth::Method::MsChap2;
    fake::FakePppPeer server(peer);
    bench.open_network(server);
}

// CVE-2020-8597, pppd: EAP's peer name overran its buffer, also where EAP was not negotiated.
Bytes eap(std::size_t name) {
    const auto length = static_cast<std::uint16_t>(22 + name);
    Bytes packet{1, 7, static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length),
                 4, 16};  // Request, MD5-Challenge
    packet.resize(22, 0x11);
    packet.resize(22 + name, 'A');
    return packet;
}

TEST(KnownFailure, Cve2020_8597_EapThatWasNotNegotiatedIsNotParsedInAnyPhase) {
    for (const std::size_t name : {0U, 255U, 256U, 1024U, 4000U}) {
        Bench bench(everything());
        bench.open();
        bench.hear(PppProtocol::Eap, eap(name));
        EXPECT_EQ(bench.sent.size(), 1U) << "nothing but our own request, in phase Establish";

        ServerBench server;
        server.open_lcp();
        ASSERT_EQ(server.link.phase(), Phase::Authenticate);
        const std::size_t before = server.sent.size();
        server.hear(PppProtocol::Eap, eap(name));
        EXPECT_EQ(server.sent.size(), before);
        EXPECT_EQ(server.count<Verify>(), 0U);

        Bench network(everything());
        to_network(network);
        network.hear(PppProtocol::Eap, eap(name));
        EXPECT_EQ(network.count(lcp, CpCode::ProtocolReject), 1U);
        EXPECT_LE(network.last(lcp, CpCode::ProtocolReject).data.size(), 1500U);
        EXPECT_FALSE(network.ended());
    }
}

// CVE-2018-11574, pppd: EAP-TLS with lengths of its own. A peer that wants EAP of us hears what we
// would rather do, and its EAP is not looked into whatever it says.
TEST(KnownFailure, Cve2018_11574_EapTlsIsNeitherAgreedToNorParsed) {
    Bench bench(everything());
    bench.open();
    bench.lcp(CpCode::ConfigureRequest, 1, {authentication(0xc227)});
    EXPECT_EQ(bench.last(lcp, CpCode::ConfigureNak).options(),
              CpOptions{method_option(auth::Method::MsChap2)});
    bench.lcp(CpCode::ConfigureRequest, 2, {method_option(auth::Method::MsChap2)});
    bench.acknowledge(lcp);
    ASSERT_EQ(bench.link.phase(), Phase::Authenticate);
    const std::size_t before = bench.sent.size();
    for (int flags = 0; flags < 256; ++flags)
        bench.hear(PppProtocol::Eap, Bytes{1, 7, 0, 10, 13, static_cast<std::uint8_t>(flags), 0xff,
                                           0xff, 0xff, 0xff});
    EXPECT_EQ(bench.sent.size(), before);
    EXPECT_EQ(bench.link.counters().unexpected, 256U);
    EXPECT_EQ(bench.link.phase(), Phase::Authenticate);
}

// CVE-2020-15173 and CVE-2020-28194, accel-ppp: a length below that of its own header underflows.
// CVE-2006-4304, sppp in a kernel: one beyond the packet is believed. The same rule for each
// option.
TEST(KnownFailure, Cve2020_28194_AnOptionShorterThanItsHeaderOrLongerThanItsPacketSpoilsAll) {
    for (const PppProtocol protocol : {lcp, ccp, ipcp, ipv6cp}) {
        Bench bench(everything());
        if (protocol == lcp)
            bench.open();
        else
            to_network(bench);
        if (protocol == ipcp || protocol == ipv6cp)  // these wait for CCP
            bench.hear(ccp, CpCode::TerminateRequest, 9, {});
        const std::size_t before = bench.sent.size();
        const std::uint64_t malformed = bench.link.counters().malformed;
        for (int type = 0; type < 256; ++type)
            for (int length = 0; length < 256; ++length) {
                if (length >= 2 && length <= 6)
                    continue;
                Bytes options{
                    static_cast<std::uint8_t>(type), static_cast<std::uint8_t>(length), 0, 0, 0, 1};
                bench.hear(protocol, CpCode::ConfigureRequest, 5, options);
            }
        EXPECT_EQ(bench.sent.size(), before);
        EXPECT_EQ(bench.link.counters().malformed - malformed, 256U * 251U) << "all were looked at";
        EXPECT_FALSE(bench.ended());
    }
}

// ppp's hardening of 2026: an option that is there twice is counted twice.
TEST(KnownFailure, Ppp2026_ARequestThatNamesAnOptionTwiceIsDiscarded) {
    const CpOptions one_of_ccp{mppe(0x01000040)};
    const CpOptions one_of_ipcp{address(0x0a000001)};
    const CpOptions one_of_ipv6cp{interface_id(7)};
    for (const auto &[protocol, options] :
         {std::pair{ccp, one_of_ccp}, std::pair{ipcp, one_of_ipcp},
          std::pair{ipv6cp, one_of_ipv6cp}}) {
        Bench bench(everything());
        to_network(bench);
        if (protocol != ccp)
            bench.hear(ccp, CpCode::TerminateRequest, 9, {});
        CpOptions twice = options;
        twice.push_back(options.front());
        const std::uint64_t malformed = bench.link.counters().malformed;
        const std::size_t before = bench.sent.size();
        bench.hear(protocol, CpCode::ConfigureRequest, 1, wire::encode(twice));
        EXPECT_EQ(bench.sent.size(), before);
        EXPECT_EQ(bench.link.counters().malformed, malformed + 1);
        bench.hear(protocol, CpCode::ConfigureRequest, 2, wire::encode(options));
        EXPECT_EQ(bench.count(protocol, CpCode::ConfigureAck), 1U);
    }
}

// Windows and old pppds ask for no bit at all; Linux once answered that with an Ack.
TEST(KnownFailure, AllZeroMppeRequestsForEverEndInAClearLinkOrNone) {
    for (const Encryption encryption :
         {Encryption::Auto, Encryption::Passive, Encryption::Required}) {
        LinkOptions options = everything();
        options.encryption = encryption;
        Bench bench(options);
        to_network(bench);
        for (int i = 0; i < 300 && !bench.ended(); ++i)
            bench.ccp(CpCode::ConfigureRequest, static_cast<std::uint8_t>(i), {mppe(0)});
        EXPECT_EQ(bench.count(ccp, CpCode::ConfigureAck), 0U);
        EXPECT_EQ(bench.count<EncryptionUp>(), 0U);
        bench.pass(1min);
        EXPECT_TRUE(encryption != Encryption::Required || bench.ended());
    }
}

// A peer that starts over for ever: each request costs it what it costs us, nothing piles up, and
// whoever means it in the end has a link.
TEST(KnownFailure, ARenegotiationStormCostsNoMoreThanItIs) {
    Bench bench;
    bench.open_all();
    constexpr std::size_t Storm = 300;
    const std::size_t before = bench.sent.size();
    for (std::size_t i = 0; i < Storm; ++i)
        bench.lcp(CpCode::ConfigureRequest, static_cast<std::uint8_t>(i), {});
    EXPECT_LE(bench.sent.size() - before, 2 * Storm);
    EXPECT_EQ(bench.count<Ipv4Down>(), 1U);
    EXPECT_FALSE(bench.ended());
    bench.acknowledge(lcp);
    ASSERT_EQ(bench.link.phase(), Phase::Network);
    bench.ipcp(CpCode::ConfigureRequest, 1, {address(0x0a000001)});
    bench.ipcp(CpCode::ConfigureNak, bench.last(ipcp, CpCode::ConfigureRequest).id,
               {address(0x0a000002)});
    bench.acknowledge(ipcp);
    EXPECT_EQ(bench.count<Ipv4Up>(), 2U);
}

// The same at a server: who it is, is asked each time, and nobody is let in for having been.
TEST(KnownFailure, ARenegotiationStormAtAServerLetsNobodyIn) {
    ServerBench bench;
    bench.authenticated(auth::Method::MsChap2);
    bench.ipv4();
    constexpr std::size_t Storm = 300;
    const std::size_t before = bench.sent.size();
    for (std::size_t i = 0; i < Storm; ++i) {
        bench.lcp(CpCode::ConfigureRequest, static_cast<std::uint8_t>(i), {});
        bench.acknowledge(lcp);
        ASSERT_EQ(bench.link.phase(), Phase::Authenticate);
        bench.ipcp(CpCode::ConfigureRequest, 1, {address(client_address)});
    }
    // A request, an acknowledgement and a challenge each.
    EXPECT_LE(bench.sent.size() - before, 3 * Storm);
    EXPECT_EQ(bench.count<Verify>(), 1U);
    EXPECT_EQ(bench.count<PeerAuthenticated>(), 1U);
    EXPECT_EQ(bench.count<Ipv4Up>(), 1U);
    EXPECT_EQ(bench.count<Ipv4Down>(), 1U);
    bench.pass(1min);
    ASSERT_TRUE(bench.ended());
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::AuthFailed);
}

TEST(KnownFailure, ARenegotiationStormOfCcpNeverCarriesInClear) {
    Bench bench(everything());
    to_network(bench);
    constexpr std::size_t Storm = 300;
    const std::size_t before = bench.sent.size();
    for (std::size_t i = 0; i < Storm && !bench.ended(); ++i) {
        bench.ccp(CpCode::ConfigureRequest, static_cast<std::uint8_t>(i), {mppe(0x01000040)});
        if (i % 2 == 0)
            bench.acknowledge(ccp);
    }
    EXPECT_LE(bench.sent.size() - before, 3 * Storm);
    const std::size_t ups = bench.count<EncryptionUp>();
    const std::size_t downs = bench.count<EncryptionDown>();
    EXPECT_GE(ups, Storm / 2);
    EXPECT_LE(ups - downs, 1U);
    EXPECT_EQ(bench.count<EncryptionRefused>(), 0U);
}

// CVE-2024-58250 and its like: texts of a peer go to logs and terminals. Cut, and printable.
TEST(KnownFailure, WhatAPeerSaysIsQuotedHarmless) {
    Bench bench;
    bench.open_all();
    std::string text = "\x1b[31m bye \r\n%n%s";
    text.resize(1400, 'A');
    bench.terminate(text);
    bench.pass(1min);
    ASSERT_TRUE(bench.ended());
    EXPECT_LE(bench.reason().text.size(), 400U);
    for (const char c : bench.reason().text)
        EXPECT_TRUE(c >= 0x20 && c < 0x7f);
}

}  // namespace
}  // namespace rtun::ppp
