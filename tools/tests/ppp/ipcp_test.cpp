// SPDX-License-Identifier: GPL-2.0-or-later
#include <tests/ppp/bench.h>

namespace rtun::ppp {
namespace {

constexpr PppProtocol ipcp = PppProtocol::Ipcp;
constexpr std::uint32_t local = 0x0a000002;
constexpr std::uint32_t remote = 0x0a000001;

CpOptions asked(const Bench &bench) { return bench.last(ipcp, CpCode::ConfigureRequest).options(); }
std::uint8_t request_id(const Bench &bench) {
    return bench.last(ipcp, CpCode::ConfigureRequest).id;
}
LinkOptions with_dns() {
    LinkOptions options;
    options.request_dns = true;
    return options;
}

TEST(Ipcp, AsksForAnAddressAndUsesTheOneItIsGiven) {
    Bench bench;
    bench.open_lcp();
    EXPECT_EQ(asked(bench), CpOptions{address(0)});
    bench.ipcp(CpCode::ConfigureRequest, 1, {address(remote)});
    bench.ipcp(CpCode::ConfigureNak, request_id(bench), {address(local)});
    EXPECT_EQ(asked(bench), CpOptions{address(local)});
    bench.acknowledge(ipcp);
    EXPECT_EQ(bench.get<Ipv4Up>().local.value, local);
    EXPECT_EQ(bench.get<Ipv4Up>().remote.value, remote);
    EXPECT_TRUE(bench.get<Ipv4Up>().dns.empty());
}

TEST(Ipcp, AsksForTheConfiguredAddressButFollowsThePeer) {
    LinkOptions options;
    options.local_address = {0xc0a80001};
    Bench bench(std::move(options));
    bench.open_lcp();
    EXPECT_EQ(asked(bench), CpOptions{address(0xc0a80001)});
    bench.ipcp(CpCode::ConfigureNak, request_id(bench), {address(local)});
    bench.acknowledge(ipcp);
    bench.ipcp(CpCode::ConfigureRequest, 1, {address(remote)});
    EXPECT_EQ(bench.get<Ipv4Up>().local.value, local);
}

TEST(Ipcp, DoesNotTakeAnAddressThatNoHostCanHave) {
    for (const std::uint32_t bad : {0x7f000001U, 0xe0000001U, 0xffffffffU, 0x00000001U}) {
        Bench bench;
        bench.open_lcp();
        bench.ipcp(CpCode::ConfigureNak, request_id(bench), {address(bad)});
        EXPECT_EQ(asked(bench), CpOptions{address(0)});
        bench.ipcp(CpCode::ConfigureRequest, 1, {address(bad)});
        EXPECT_EQ(bench.last(ipcp, CpCode::ConfigureReject).options(), CpOptions{address(bad)});
    }
}

TEST(Ipcp, APeerWithoutAnAddressForUsIsGivenUp) {
    Bench bench;
    bench.open_lcp();
    for (int i = 0; i < 100 && bench.link.phase() == Phase::Network; ++i)
        bench.ipcp(CpCode::ConfigureNak, request_id(bench), {address(0)});
    bench.pass(10s);
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::NegotiationFailed);
    EXPECT_THAT(bench.reason().text, testing::HasSubstr("IPCP: the peer keeps refusing an IP"));
}

TEST(Ipcp, APeerThatAcknowledgesNoAddressIsGivenUp) {
    Bench bench;
    bench.open_lcp();
    bench.ipcp(CpCode::ConfigureRequest, 1, {address(remote)});
    bench.acknowledge(ipcp);
    EXPECT_EQ(bench.count<Ipv4Up>(), 0U);
    bench.pass(10s);
    EXPECT_THAT(bench.reason().text, testing::HasSubstr("did not give an IP address"));
}

TEST(Ipcp, APeerThatRejectsOurAddressIsFineIfOneIsConfiguredAndTheEndIfNot) {
    LinkOptions options;
    options.local_address = {local};
    Bench fine(std::move(options));
    fine.open_lcp();
    fine.ipcp(CpCode::ConfigureRequest, 1, {address(remote)});
    fine.ipcp(CpCode::ConfigureReject, request_id(fine), {address(local)});
    EXPECT_TRUE(asked(fine).empty());
    fine.acknowledge(ipcp);
    EXPECT_EQ(fine.get<Ipv4Up>().local.value, local);

    Bench end;
    end.open_lcp();
    end.ipcp(CpCode::ConfigureReject, request_id(end), {address(0)});
    end.pass(10s);
    EXPECT_THAT(end.reason().text, testing::HasSubstr("refuses to give an IP address"));
}

TEST(Ipcp, RejectsCompressionTheDeprecatedOptionAndRequestsForNameServers) {
    Bench bench;
    bench.open_lcp();
    const CpOption vj{2, {0, 0x2d, 15, 1}};
    const CpOption old{1, Bytes(8)};
    bench.ipcp(CpCode::ConfigureRequest, 1,
               {old, vj, address(remote), address(0, 129), address(0, 130), {200, {}}});
    EXPECT_EQ(bench.last(ipcp, CpCode::ConfigureReject).options(),
              (CpOptions{old, vj, address(0, 129), address(0, 130), {200, {}}}));
}

TEST(Ipcp, APeerThatAsksUsToChooseIsToldTheConfiguredAddressOrRejected) {
    Bench without;
    without.open_lcp();
    without.ipcp(CpCode::ConfigureRequest, 1, {address(0)});
    EXPECT_EQ(without.last(ipcp, CpCode::ConfigureReject).options(), CpOptions{address(0)});

    LinkOptions options;
    options.remote_address = {remote};
    Bench with(std::move(options));
    with.open_lcp();
    with.ipcp(CpCode::ConfigureRequest, 1, {address(0)});
    EXPECT_EQ(with.last(ipcp, CpCode::ConfigureNak).options(), CpOptions{address(remote)});
    with.ipcp(CpCode::ConfigureRequest, 2, {address(0x0a0000ff)});
    EXPECT_EQ(with.count(ipcp, CpCode::ConfigureNak), 2U);
    with.ipcp(CpCode::ConfigureRequest, 3);  // does not mention it: asked to
    EXPECT_EQ(with.last(ipcp, CpCode::ConfigureNak).options(), CpOptions{address(remote)});
    EXPECT_EQ(with.count(ipcp, CpCode::ConfigureNak), 3U);
    with.ipcp(CpCode::ConfigureRequest, 4, {address(remote)});
    EXPECT_EQ(with.count(ipcp, CpCode::ConfigureAck), 1U);
}

TEST(Ipcp, APeerThatNeverNamesItsAddressIsLetThroughAfterMaxFailure) {
    LinkOptions options;
    options.remote_address = {remote};
    Bench bench(std::move(options));
    bench.open_lcp();
    for (std::uint8_t id = 1; id <= 6; ++id)
        bench.ipcp(CpCode::ConfigureRequest, id);
    EXPECT_EQ(bench.count(ipcp, CpCode::ConfigureNak), 5U);
    EXPECT_EQ(bench.count(ipcp, CpCode::ConfigureAck), 1U);
    bench.ipcp(CpCode::ConfigureNak, request_id(bench), {address(local)});
    bench.acknowledge(ipcp);
    EXPECT_EQ(bench.get<Ipv4Up>().remote.value, remote);
}

TEST(Ipcp, APeerThatDoesNotSayItsAddressHasNone) {
    Bench bench;
    bench.open_lcp();
    bench.ipcp(CpCode::ConfigureRequest, 1);
    bench.ipcp(CpCode::ConfigureNak, request_id(bench), {address(local)});
    bench.acknowledge(ipcp);
    EXPECT_TRUE(bench.get<Ipv4Up>().remote.unspecified());
}

TEST(Ipcp, NameServersAreAskedForAndReportedInOrder) {
    Bench bench(with_dns());
    bench.open_lcp();
    EXPECT_EQ(asked(bench), (CpOptions{address(0), address(0, 129), address(0, 131)}));
    bench.ipcp(CpCode::ConfigureNak, request_id(bench),
               {address(local), address(0x08080808, 129), address(0x08080404, 131)});
    bench.acknowledge(ipcp);
    bench.ipcp(CpCode::ConfigureRequest, 1, {address(remote)});
    const auto up = bench.get<Ipv4Up>();
    ASSERT_EQ(up.dns.size(), 2U);
    EXPECT_EQ(up.dns[0].text(), "8.8.8.8");
    EXPECT_EQ(up.dns[1].text(), "8.8.4.4");
}

TEST(Ipcp, RejectedOrMissingNameServersAreDroppedFromTheRequest) {
    Bench bench(with_dns());
    bench.open_lcp();
    bench.ipcp(CpCode::ConfigureReject, request_id(bench), {address(0, 131)});
    EXPECT_EQ(asked(bench), (CpOptions{address(0), address(0, 129)}));
    bench.ipcp(CpCode::ConfigureNak, request_id(bench), {address(local), address(0, 129)});
    EXPECT_EQ(asked(bench), CpOptions{address(local)});
    bench.acknowledge(ipcp);
    bench.ipcp(CpCode::ConfigureRequest, 1, {address(remote)});
    EXPECT_TRUE(bench.get<Ipv4Up>().dns.empty());
}

TEST(Ipcp, AZeroNameServerThatIsAcknowledgedIsNone) {
    LinkOptions options = with_dns();
    options.local_address = {local};
    Bench bench(std::move(options));
    bench.open_lcp();
    bench.acknowledge(ipcp);
    bench.ipcp(CpCode::ConfigureRequest, 1, {address(remote)});
    EXPECT_TRUE(bench.get<Ipv4Up>().dns.empty());
}

TEST(Ipcp, KnowsOnlyTheCodesOneToSeven) {
    Bench bench;
    bench.open_all();
    bench.hear(ipcp, CpCode::EchoRequest, 3, Bytes(4));
    EXPECT_EQ(bench.last(ipcp, CpCode::CodeReject).data, (Bytes{9, 3, 0, 8, 0, 0, 0, 0}));
    EXPECT_EQ(bench.count(ipcp, CpCode::EchoReply), 0U);
}

TEST(Ipcp, ASilentPeerIsGivenUp) {
    Bench bench;
    bench.open_lcp();
    bench.pass(40s);
    EXPECT_EQ(bench.count(ipcp, CpCode::ConfigureRequest), 10U);
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::NegotiationFailed);
    EXPECT_THAT(bench.reason().text, testing::HasSubstr("does not answer IPCP"));
}

TEST(Ipcp, APeerThatClosesOrRejectsItEndsTheLink) {
    Bench refused;
    refused.open_lcp();
    refused.hear(ipcp, CpCode::TerminateRequest, 1, Bytes{'n', 'o'});
    EXPECT_EQ(refused.count(ipcp, CpCode::TerminateAck), 1U);
    refused.pass(10s);
    EXPECT_EQ(refused.reason().kind, EndReason::Kind::NegotiationFailed);
    EXPECT_EQ(refused.reason().text, "the peer refuses IPv4 (it closed IPCP): \"no\"");

    Bench closed;
    closed.open_all();
    closed.hear(ipcp, CpCode::TerminateRequest, 1, {});
    EXPECT_EQ(closed.count<Ipv4Down>(), 1U);
    closed.pass(10s);
    EXPECT_EQ(closed.reason().kind, EndReason::Kind::PeerTerminated);

    Bench rejected;
    rejected.open_lcp();
    rejected.hear(PppProtocol::Lcp, CpCode::ProtocolReject, 1, Bytes{0x80, 0x21, 1, 1, 0, 4});
    rejected.pass(10s);
    EXPECT_EQ(rejected.reason().kind, EndReason::Kind::ProtocolRejected);
    EXPECT_THAT(rejected.reason().text, testing::HasSubstr("refuses IPv4"));
}

TEST(Ipcp, ANewRequestWhileOpenTakesTheAddressesAwayAndGivesNewOnes) {
    Bench bench;
    bench.open_all();
    bench.ipcp(CpCode::ConfigureRequest, 9, {address(0x0a000009)});
    EXPECT_EQ(bench.count<Ipv4Down>(), 1U);
    bench.ipcp(CpCode::ConfigureNak, request_id(bench), {address(local)});
    bench.acknowledge(ipcp);
    EXPECT_EQ(bench.count<Ipv4Up>(), 2U);
    EXPECT_EQ(bench.get<Ipv4Up>().remote.value, 0x0a000009U);
    EXPECT_EQ(bench.count<LcpOpened>(), 1U);
}

}  // namespace
}  // namespace rtun::ppp
