// SPDX-License-Identifier: GPL-2.0-or-later
//
// A link that is up goes on in another object, and the peer does not notice: each test brings one
// link up, takes its state through its text into another, and then is the peer.
#include <ppp/link_state.h>
#include <tests/ppp/server_bench.h>

namespace rtun::ppp {
namespace {

using auth::Method;
using testing::HasSubstr;

constexpr PppProtocol lcp = PppProtocol::Lcp;
constexpr PppProtocol ipcp = PppProtocol::Ipcp;
constexpr PppProtocol ccp = PppProtocol::Ccp;
constexpr PppProtocol v6 = PppProtocol::Ipv6cp;
constexpr std::uint32_t H = 0x01000000, S = 0x40;

LinkState handed_over(const Bench &bench) {
    const auto state = bench.link.state();
    EXPECT_TRUE(state.has_value());
    if (!state)
        return {};
    const auto read = decode_link_state(encode(*state));
    EXPECT_TRUE(read.has_value());
    return read ? *read : LinkState{};
}

Grant full_grant() {
    Grant grant = usual_grant(Encryption::Required);
    grant.serve_dns = {{0x08080808}};
    grant.ipv6 = true;
    grant.local_interface_id = 1;
    grant.remote_interface_id = 2;
    return grant;
}

// A server's end with all there is: MS-CHAPv2, MPPE, IPv4 and IPv6.
void bring_up(ServerBench &bench) {
    bench.open_lcp({mru(1400)});
    bench.client(Method::MsChap2);
    bench.grant(full_grant());
    bench.ccp(CpCode::ConfigureRequest, 1, {mppe(H | S)});
    bench.acknowledge(ccp);
    bench.ipv4();
    bench.ipv6cp(CpCode::ConfigureRequest, 1, {interface_id(2)});
    bench.acknowledge(v6);
    ASSERT_EQ(bench.count<EncryptionUp>(), 1U);
    ASSERT_EQ(bench.count<Ipv6Up>(), 1U);
}

LinkOptions server_options() {
    LinkOptions options = demanding();
    options.authenticator.rechallenge = 10min;
    options.keepalive = 60s;
    return options;
}

// The second program's end.
class Resumed : public ServerBench {
public:
    explicit Resumed(LinkOptions options = server_options()) : ServerBench(std::move(options)) {
        ServerBench first(server_options());
        bring_up(first);
        before = handed_over(first);
        now = first.now + 3s;
        resume(before);
    }
    LinkState before;
};

TEST(Resume, SaysNothingAndKnowsWhatWasAgreed) {
    Resumed bench;
    EXPECT_TRUE(bench.outputs.empty());
    EXPECT_EQ(bench.link.phase(), Phase::Network);
    const auto state = bench.link.state();
    ASSERT_TRUE(state);
    EXPECT_EQ(encode(*state), encode(bench.before));
    EXPECT_EQ(state->user, "jack");
    EXPECT_EQ(state->peer_authenticated, Method::MsChap2);
    EXPECT_FALSE(state->authenticated);
    EXPECT_EQ(state->ipv4->remote.value, client_address);
    EXPECT_EQ(state->ipv6->remote_interface_id, 2U);
    ASSERT_TRUE(state->encryption_send);
    EXPECT_EQ(state->encryption_send->strength, MppeStrength::Bits128);
}

TEST(Resume, AnswersEchoesAndProbesASilentPeer) {
    Resumed bench;
    bench.hear(lcp, CpCode::EchoRequest, 7, Bytes{1, 2, 3, 4, 5});
    const Sent reply = bench.last(lcp, CpCode::EchoReply);
    EXPECT_EQ(reply.id, 7);
    EXPECT_EQ(reply.data.size(), 5U);
    EXPECT_EQ(Bytes(reply.data.begin(), reply.data.begin() + 4),
              (Bytes{static_cast<std::uint8_t>(bench.before.lcp.magic >> 24),
                     static_cast<std::uint8_t>(bench.before.lcp.magic >> 16),
                     static_cast<std::uint8_t>(bench.before.lcp.magic >> 8),
                     static_cast<std::uint8_t>(bench.before.lcp.magic)}));
    bench.pass(60s);
    EXPECT_EQ(bench.link.counters().echo_sent, 1U);
    bench.pass(1min);
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::EchoTimeout);
    EXPECT_EQ(bench.count<Ipv4Down>(), 1U);
    EXPECT_EQ(bench.count<Ipv6Down>(), 1U);
    EXPECT_EQ(bench.count<EncryptionDown>(), 1U);
}

TEST(Resume, ClosesInOrderAndIsClosedInOrder) {
    Resumed ours;
    ours.close("by user");
    EXPECT_EQ(ours.count(lcp, CpCode::TerminateRequest), 1U);
    ours.hear(lcp, CpCode::TerminateAck, ours.last(lcp, CpCode::TerminateRequest).id, {});
    EXPECT_EQ(ours.reason().text, "by user");

    Resumed theirs;
    theirs.terminate("idle");
    EXPECT_EQ(theirs.count(lcp, CpCode::TerminateAck), 1U);
    theirs.pass(10s);
    EXPECT_EQ(theirs.reason().text, "the peer closed the link: \"idle\"");
}

TEST(Resume, ChallengesThePeerAgainWhenThatIsDue) {
    LinkOptions options = server_options();
    options.keepalive = {};
    Resumed bench(options);
    bench.client(Method::MsChap2);
    bench.pass(10min);
    bench.exchange();
    EXPECT_EQ(bench.count<Verify>(), 1U);
    EXPECT_EQ(bench.count<PeerAuthenticated>(), 0U) << "it was before";
    EXPECT_EQ(bench.client_failed, "");
    bench.password = "changed";
    bench.pass(10min);
    bench.exchange();
    bench.pass(10s);
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::AuthFailed);
}

TEST(Resume, NegotiatesEverythingAnewWhenThePeerWantsTo) {
    Resumed bench;
    bench.lcp(CpCode::ConfigureRequest, 99, {mru(1300)});
    EXPECT_EQ(bench.count<Ipv4Down>(), 1U);
    EXPECT_EQ(bench.count<Ipv6Down>(), 1U);
    EXPECT_EQ(bench.count<EncryptionDown>(), 1U);
    bench.acknowledge(lcp);
    EXPECT_EQ(bench.get<LcpOpened>().mtu, 1300);
    bench.client(Method::MsChap2);
    ASSERT_EQ(bench.count<PeerAuthenticated>(), 1U);
    bench.grant(full_grant());
    bench.ccp(CpCode::ConfigureRequest, 1, {mppe(H | S)});
    bench.acknowledge(ccp);
    EXPECT_EQ(bench.count<EncryptionUp>(), 1U);
    bench.ipv4();
    bench.ipv6cp(CpCode::ConfigureRequest, 1, {interface_id(2)});
    bench.acknowledge(v6);
    EXPECT_EQ(bench.count<Ipv6Up>(), 1U);
}

// Old keys must not be used from their beginning again, and there are no others.
TEST(Resume, NegotiatesLcpAnewWhenThePeerWantsToNegotiateEncryption) {
    Resumed bench;
    bench.ccp(CpCode::ConfigureRequest, 9, {mppe(H | S)});
    EXPECT_EQ(bench.count(ccp, CpCode::ConfigureAck), 0U);
    EXPECT_EQ(bench.count<EncryptionDown>(), 1U);
    EXPECT_EQ(bench.count<EncryptionUp>(), 0U);
    EXPECT_EQ(bench.count<Ipv4Down>(), 1U);
    EXPECT_EQ(bench.link.phase(), Phase::Establish);
    EXPECT_EQ(bench.count(lcp, CpCode::ConfigureRequest), 1U);
    EXPECT_EQ(bench.count(lcp, CpCode::TerminateRequest), 0U);
    bench.lcp(CpCode::ConfigureRequest, 10);
    bench.acknowledge(lcp);
    bench.client(Method::MsChap2);
    bench.grant(full_grant());
    bench.ccp(CpCode::ConfigureRequest, 11, {mppe(H | S)});
    bench.acknowledge(ccp);
    ASSERT_EQ(bench.count<EncryptionUp>(), 1U);
    EXPECT_TRUE(bench.get<EncryptionUp>().send->start_key.same_as(
        bench.client_keys->receive.bits128.reveal()));
}

TEST(Resume, APeerThatEndsTheEncryptionEndsTheLink) {
    Resumed bench;
    bench.hear(ccp, CpCode::TerminateRequest, 9, {});
    bench.pass(10s);
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::EncryptionFailed);
}

TEST(Resume, NegotiatesIpv4AloneWithTheAddressesThatWereGranted) {
    Resumed bench;
    bench.ipcp(CpCode::ConfigureRequest, 9, {address(0), address(0, 129)});
    EXPECT_EQ(bench.count<Ipv4Down>(), 1U);
    EXPECT_EQ(bench.count<EncryptionDown>(), 0U);
    EXPECT_EQ(bench.last(ipcp, CpCode::ConfigureRequest).options(),
              CpOptions{address(server_address)});
    EXPECT_EQ(bench.last(ipcp, CpCode::ConfigureNak).options(),
              (CpOptions{address(client_address), address(0x08080808, 129)}));
    bench.ipv4();
}

// The Restart counter is what the way to Opened leaves behind.
TEST(Resume, IsPatientWithAPeerThatNegotiatesAnew) {
    Resumed bench;
    bench.ipcp(CpCode::ConfigureRequest, 9, {address(client_address)});
    EXPECT_EQ(bench.count(ipcp, CpCode::ConfigureRequest), 1U);
    bench.pass(10s);
    EXPECT_FALSE(bench.ended());
    EXPECT_GT(bench.count(ipcp, CpCode::ConfigureRequest), 3U);
    bench.acknowledge(ipcp);
    EXPECT_EQ(bench.count<Ipv4Up>(), 1U);
}

TEST(Resume, KeepsTheRoomForEncryptionWhenThePeerReceivesLess) {
    Resumed bench;
    EXPECT_EQ(bench.before.peer_mru, 1400);
    EXPECT_EQ(bench.before.lcp.mtu, 1400);
}

TEST(Resume, WithoutEncryptionAnswersTheWishForItWithANo) {
    LinkOptions options = demanding(only({Method::Chap}));
    ServerBench first(options);
    Grant grant = usual_grant(Encryption::Auto);
    first.authenticated(Method::Chap, grant);
    first.ipv4();
    const LinkState state = handed_over(first);
    EXPECT_FALSE(state.encryption_send);
    ServerBench second(options);
    second.resume(state);
    second.ccp(CpCode::ConfigureRequest, 1, {mppe(H | S)});
    EXPECT_EQ(second.count(ccp, CpCode::TerminateAck), 1U);
    EXPECT_EQ(second.count<Ipv4Down>(), 0U);
}

TEST(Resume, AClientAnswersChallengesAsBefore) {
    for (const Method method : {Method::Chap, Method::MsChap1, Method::MsChap2}) {
        LinkOptions options = with_password("secret", auth::MethodSet::all());
        fake::FakePppPeer::Options peer;
        peer.method = method;
        fake::FakePppPeer server(peer);
        Bench first(options);
        first.open();
        first.talk(server);
        ASSERT_EQ(first.count<Ipv4Up>(), 1U);
        const LinkState state = handed_over(first);
        EXPECT_EQ(state.authenticated, method);
        EXPECT_EQ(state.lcp.method, method);

        Bench second(options);
        second.resume(state);
        second.hear(server.challenge());
        second.talk(server);
        EXPECT_EQ(server.verdicts, 2);
        EXPECT_FALSE(second.ended());
        second.pass(10min, &server);
        EXPECT_FALSE(second.ended());
        EXPECT_EQ(second.count<Authenticated>(), 0U);
    }
}

TEST(Resume, APapPeerThatAsksAgainIsAcknowledged) {
    LinkOptions options = demanding(only({Method::Pap}));
    ServerBench first(options);
    first.authenticated(Method::Pap);
    first.ipv4();
    ServerBench second(options);
    second.resume(handed_over(first));
    second.hear(PppProtocol::Pap, Bytes{1, 9, 0, 6, 0, 0});
    ASSERT_EQ(second.outputs.size(), 1U);
    const Bytes frame = std::get<SendFrame>(second.outputs[0]).frame;
    EXPECT_EQ(frame[2], 2);  // Authenticate-Ack
    EXPECT_EQ(frame[3], 9);
}

TEST(Resume, IsPossibleOnlyOnceAndOnlyInsteadOfOpening) {
    Resumed bench;
    bench.resume(LinkState{});
    bench.open();
    EXPECT_TRUE(bench.outputs.empty());
    ASSERT_TRUE(bench.link.state());
    EXPECT_EQ(bench.link.state()->user, "jack");

    Bench open;
    open.open();
    open.resume(bench.before);
    EXPECT_EQ(open.link.phase(), Phase::Establish);
    Bench ended;
    ended.lower_down();
    ended.resume(bench.before);
    EXPECT_EQ(ended.link.phase(), Phase::Dead);
}

TEST(LinkStateOf, ALinkThatNegotiatesOrEndsThereIsNone) {
    ServerBench bench;
    EXPECT_FALSE(bench.link.state());
    bench.open_lcp();
    EXPECT_FALSE(bench.link.state());
    bench.client(Method::MsChap2);
    bench.grant(full_grant());
    EXPECT_FALSE(bench.link.state());
    bench.ccp(CpCode::ConfigureRequest, 1, {mppe(H | S)});
    bench.acknowledge(ccp);
    EXPECT_FALSE(bench.link.state());
    bench.ipv4();
    EXPECT_FALSE(bench.link.state()) << "IPv6CP negotiates";
    bench.ipv6cp(CpCode::ConfigureRequest, 1, {interface_id(2)});
    bench.acknowledge(v6);
    EXPECT_TRUE(bench.link.state());
    bench.ipcp(CpCode::ConfigureRequest, 9, {address(client_address)});
    EXPECT_FALSE(bench.link.state());
    bench.ipv4();
    EXPECT_TRUE(bench.link.state());
    bench.close("enough");
    EXPECT_FALSE(bench.link.state());
    bench.pass(10s);
    EXPECT_FALSE(bench.link.state());
}

}  // namespace
}  // namespace rtun::ppp
