// SPDX-License-Identifier: GPL-2.0-or-later
//
// IPv6CP, RFC 5072 section 4.1: which identifier is asked for, acknowledged and suggested; and that
// IPv4 does not care.
#include <tests/ppp/bench.h>

#include <set>

namespace rtun::ppp {
namespace {

constexpr PppProtocol lcp = PppProtocol::Lcp;
constexpr PppProtocol v6 = PppProtocol::Ipv6cp;
constexpr std::uint64_t universal = 0x0200000000000000;
constexpr std::uint64_t theirs = 0x00000000deadbeef;

LinkOptions with_ipv6() {
    LinkOptions options;
    options.ipv6 = true;
    return options;
}

class V6Bench : public Bench {
public:
    // numbers: what the link draws first, its magic number of four octets before all.
    explicit V6Bench(LinkOptions options = with_ipv6(), std::uint64_t seed = 1,
                     const Bytes &numbers = {})
        : Bench(std::move(options)) {
        random = fake::FakeRandom(seed);
        random.queue(numbers);
        open_lcp();
    }

    [[nodiscard]] CpOptions asked() const { return last(v6, CpCode::ConfigureRequest).options(); }
    [[nodiscard]] std::uint64_t ours() const { return id_of(asked()); }
    [[nodiscard]] std::uint64_t suggested() const {
        return id_of(last(v6, CpCode::ConfigureNak).options());
    }
    void nak(std::uint64_t id) {
        ipv6cp(CpCode::ConfigureNak, last(v6, CpCode::ConfigureRequest).id, {interface_id(id)});
    }
    void ipv4() {
        ipcp(CpCode::ConfigureRequest, 1, {address(0x0a000001)});
        ipcp(CpCode::ConfigureNak, last(PppProtocol::Ipcp, CpCode::ConfigureRequest).id,
             {address(0x0a000002)});
        acknowledge(PppProtocol::Ipcp);
        ASSERT_EQ(count<Ipv4Up>(), 1U);
    }

private:
    [[nodiscard]] static std::uint64_t id_of(const CpOptions &options) {
        if (options.size() != 1)
            return 0;
        const wire::Ipv6cpOption option = wire::ipv6cp_option(options[0]);
        const auto *id = std::get_if<wire::Ipv6cpInterfaceId>(&option);
        return id ? id->id : 0;
    }
};

TEST(Ipv6cp, IsNotSpokenUnlessItIsWanted) {
    Bench bench;
    bench.open_all();
    EXPECT_EQ(bench.count(v6, CpCode::ConfigureRequest), 0U);
    bench.ipv6cp(CpCode::ConfigureRequest, 1, {interface_id(theirs)});
    EXPECT_EQ(bench.count(lcp, CpCode::ProtocolReject), 1U);
    bench.hear(PppProtocol::Ipv6, Bytes(40));
    EXPECT_EQ(bench.count(lcp, CpCode::ProtocolReject), 2U);
    EXPECT_EQ(bench.count<Ipv6Up>(), 0U);
}

TEST(Ipv6cp, AsksForARandomIdentifierThatClaimsNoUniversality) {
    std::set<std::uint64_t> seen;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        V6Bench bench(with_ipv6(), seed);
        EXPECT_NE(bench.ours(), 0U);
        EXPECT_EQ(bench.ours() & universal, 0U);
        seen.insert(bench.ours());
    }
    EXPECT_EQ(seen.size(), 50U);
}

// Numbers that lead to zero, or to what the other end has, are not taken as they come.
TEST(Ipv6cp, NeverAsksForZeroWhateverNumbersItDraws) {
    V6Bench bench(with_ipv6(), 1, Bytes{0x11, 0x22, 0x33, 0x44, 0, 0, 0, 0, 0, 0, 0, 0});
    EXPECT_NE(bench.ours(), 0U);
    EXPECT_EQ(bench.ours() & universal, 0U);
}

TEST(Ipv6cp, BothGetTheirIdentifiers) {
    V6Bench bench;
    const std::uint64_t ours = bench.ours();
    bench.ipv6cp(CpCode::ConfigureRequest, 1, {interface_id(theirs)});
    EXPECT_EQ(bench.count<Ipv6Up>(), 0U);
    bench.acknowledge(v6);
    ASSERT_EQ(bench.count<Ipv6Up>(), 1U);
    EXPECT_EQ(bench.get<Ipv6Up>().local_interface_id, ours);
    EXPECT_EQ(bench.get<Ipv6Up>().remote_interface_id, theirs);
    EXPECT_EQ(bench.count<Ipv4Up>(), 0U) << "one does not wait for the other";
    bench.ipv4();
    bench.lower_down();
    EXPECT_EQ(bench.count<Ipv6Down>(), 1U);
}

TEST(Ipv6cp, AsksForTheConfiguredIdentifierAndGivesThePeerItsOwn) {
    LinkOptions options = with_ipv6();
    options.local_interface_id = 1;
    options.remote_interface_id = 2;
    V6Bench bench(options);
    EXPECT_EQ(bench.ours(), 1U);
    bench.ipv6cp(CpCode::ConfigureRequest, 1, {interface_id(theirs)});
    EXPECT_EQ(bench.suggested(), 2U);
    bench.ipv6cp(CpCode::ConfigureRequest, 2, {interface_id(2)});
    EXPECT_EQ(bench.count(v6, CpCode::ConfigureAck), 1U);
}

TEST(Ipv6cp, SuggestsOneToAPeerThatAsksForZeroOrForOurs) {
    V6Bench bench;
    const std::uint64_t ours = bench.ours();
    std::set<std::uint64_t> suggestions;
    for (const std::uint64_t wanted : {std::uint64_t{0}, ours}) {
        bench.ipv6cp(CpCode::ConfigureRequest, 1, {interface_id(wanted)});
        EXPECT_EQ(bench.count(v6, CpCode::ConfigureAck), 0U);
        EXPECT_NE(bench.suggested(), 0U);
        EXPECT_NE(bench.suggested(), ours);
        EXPECT_EQ(bench.suggested() & universal, 0U);
        suggestions.insert(bench.suggested());
    }
    EXPECT_EQ(suggestions.size(), 1U) << "the same each time";
    bench.ipv6cp(CpCode::ConfigureRequest, 2, {interface_id(*suggestions.begin())});
    EXPECT_EQ(bench.count(v6, CpCode::ConfigureAck), 1U);
}

TEST(Ipv6cp, FollowsANakButNotToZeroNorToWhatItHasSuggestedItself) {
    V6Bench bench;
    bench.nak(42);
    EXPECT_EQ(bench.ours(), 42U);
    bench.nak(0);
    EXPECT_NE(bench.ours(), 0U);
    EXPECT_NE(bench.ours(), 42U);

    // Both had the same idea, and both suggest the same other one.
    bench.ipv6cp(CpCode::ConfigureRequest, 1, {interface_id(bench.ours())});
    const std::uint64_t suggestion = bench.suggested();
    bench.nak(suggestion);
    EXPECT_NE(bench.ours(), suggestion);
    EXPECT_NE(bench.ours(), 0U);
}

TEST(Ipv6cp, AsksForTheSameIdentifierWhenTheLinkNegotiatesAnew) {
    V6Bench bench;
    bench.nak(42);
    bench.lcp(CpCode::ConfigureRequest, 9);
    bench.acknowledge(lcp);
    EXPECT_EQ(bench.ours(), 42U);
}

TEST(Ipv6cp, AsksThePeerOnceForTheIdentifierThatItDoesNotName) {
    V6Bench bench;
    bench.ipv6cp(CpCode::ConfigureRequest, 1);
    EXPECT_NE(bench.suggested(), 0U);
    bench.ipv6cp(CpCode::ConfigureRequest, 2);
    EXPECT_EQ(bench.count(v6, CpCode::ConfigureNak), 1U);
    EXPECT_EQ(bench.count(v6, CpCode::ConfigureAck), 1U);
    bench.acknowledge(v6);
    EXPECT_EQ(bench.count<Ipv6Up>(), 0U) << "there is no default";
    EXPECT_EQ(bench.count(v6, CpCode::TerminateRequest), 1U);
    bench.ipv4();
}

TEST(Ipv6cp, RejectsCompressionAndShowsTheRightLength) {
    V6Bench bench;
    const CpOption compression{2, {0, 0x4f}};
    bench.ipv6cp(CpCode::ConfigureRequest, 1, {interface_id(theirs), compression, {200, {}}});
    EXPECT_EQ(bench.last(v6, CpCode::ConfigureReject).options(),
              (CpOptions{compression, {200, {}}}));
    bench.ipv6cp(CpCode::ConfigureRequest, 2, {{1, Bytes(4)}});
    EXPECT_NE(bench.suggested(), 0U);
}

TEST(Ipv6cp, WithoutItTheLinkGoesOn) {
    V6Bench rejected;
    rejected.ipv6cp(CpCode::ConfigureReject, rejected.last(v6, CpCode::ConfigureRequest).id,
                    rejected.asked());
    EXPECT_EQ(rejected.count(v6, CpCode::TerminateRequest), 1U);

    V6Bench unknown;
    unknown.hear(lcp, CpCode::ProtocolReject, 1, Bytes{0x80, 0x57, 1, 1, 0, 4});

    V6Bench closed;
    closed.ipv6cp(CpCode::ConfigureRequest, 1, {interface_id(theirs)});
    closed.acknowledge(v6);
    closed.hear(v6, CpCode::TerminateRequest, 2, {});
    EXPECT_EQ(closed.count<Ipv6Down>(), 1U);

    V6Bench silent;
    for (V6Bench *bench : {&rejected, &unknown, &closed, &silent}) {
        bench->ipv4();
        for (int i = 0; i < 10; ++i) {
            bench->pass(30s);
            bench->link.traffic_seen(bench->now);
        }
        EXPECT_FALSE(bench->ended());
        EXPECT_EQ(bench->count<Ipv4Down>(), 0U);
        EXPECT_EQ(bench->count<Ipv6Up>(), bench->count<Ipv6Down>());
    }
    EXPECT_EQ(unknown.count(v6, CpCode::ConfigureRequest), 1U) << "not to be sent any more";
    EXPECT_EQ(silent.count(v6, CpCode::ConfigureRequest), 10U);
}

TEST(Ipv6cp, TheEndOfIpv4IsTheEndOfAll) {
    V6Bench bench;
    bench.ipv6cp(CpCode::ConfigureRequest, 1, {interface_id(theirs)});
    bench.acknowledge(v6);
    bench.hear(lcp, CpCode::ProtocolReject, 1, Bytes{0x80, 0x21, 1, 1, 0, 4});
    EXPECT_EQ(bench.count<Ipv6Down>(), 1U);
    bench.pass(10s);
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::ProtocolRejected);
}

TEST(Ipv6cp, WaitsForEncryptionAsIpv4Does) {
    LinkOptions options = with_password("secret", auth::MethodSet::all());
    options.ipv6 = true;
    options.encryption = Encryption::Required;
    Bench bench(options);
    fake::FakePppPeer::Options peer;
    peer.method = auth::Method::MsChap2;
    fake::FakePppPeer server(peer);
    bench.open_network(server);
    bench.ipv6cp(CpCode::ConfigureRequest, 1, {interface_id(theirs)});
    EXPECT_EQ(bench.count(v6, CpCode::ConfigureRequest), 0U);
    EXPECT_EQ(bench.count(v6, CpCode::ConfigureAck), 0U);
    bench.ccp(CpCode::ConfigureRequest, 1, {mppe(0x01000040)});
    bench.acknowledge(PppProtocol::Ccp);
    EXPECT_EQ(bench.count(v6, CpCode::ConfigureRequest), 1U);
    EXPECT_EQ(bench.count(v6, CpCode::ConfigureAck), 1U) << "what it said early was kept";
}

}  // namespace
}  // namespace rtun::ppp
