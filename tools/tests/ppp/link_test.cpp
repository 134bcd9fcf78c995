// SPDX-License-Identifier: GPL-2.0-or-later
//
// The phases of a link: what is let through when, how it ends and what it says then.
#include <tests/ppp/bench.h>

#include <tests/fake/hex.h>

namespace rtun::ppp {
namespace {

constexpr PppProtocol lcp = PppProtocol::Lcp;
constexpr PppProtocol ipcp = PppProtocol::Ipcp;

// Where an output of this kind stands first.
template <typename T>
std::size_t position(const Bench &bench) {
    const auto it = std::find_if(bench.outputs.begin(), bench.outputs.end(),
                                 [](const Output &o) { return std::holds_alternative<T>(o); });
    return static_cast<std::size_t>(it - bench.outputs.begin());
}

TEST(Link, WithoutAuthenticationGoesStraightToTheNetwork) {
    Bench bench;
    fake::FakePppPeer peer({});
    bench.open();
    bench.talk(peer);
    EXPECT_EQ(bench.phases(), "establish network");
    EXPECT_EQ(bench.get<Ipv4Up>().local.text(), "10.0.0.2");
    EXPECT_EQ(bench.get<Ipv4Up>().remote.text(), "10.0.0.1");
    EXPECT_EQ(bench.count<Authenticated>(), 0U);
    EXPECT_LT(position<LcpOpened>(bench), position<Ipv4Up>(bench));
}

class LinkMethod : public testing::TestWithParam<auth::Method> {
protected:
    static LinkOptions options(std::string_view password) {
        auth::MethodSet allow;
        allow.add(GetParam());
        LinkOptions options = with_password(password, allow);
        options.request_dns = true;
        return options;
    }
    static fake::FakePppPeer::Options peer() {
        fake::FakePppPeer::Options options;
        options.method = GetParam();
        options.dns = {base::Ipv4{0x08080808}};
        return options;
    }
};
INSTANTIATE_TEST_SUITE_P(All, LinkMethod,
                         testing::Values(auth::Method::Pap, auth::Method::Chap,
                                         auth::Method::MsChap1, auth::Method::MsChap2),
                         [](const auto &test) { return std::string(auth::info(test.param).name); });

TEST_P(LinkMethod, TheRightPasswordLeadsToIpv4) {
    Bench bench(options("secret"));
    fake::FakePppPeer server(peer());
    bench.open();
    bench.talk(server);
    EXPECT_EQ(bench.phases(), "establish authenticate network");
    EXPECT_EQ(bench.get<LcpOpened>().method, GetParam());
    EXPECT_EQ(bench.get<Authenticated>().method, GetParam());
    EXPECT_EQ(bench.count<Authenticated>(), 1U);
    ASSERT_EQ(bench.count<Ipv4Up>(), 1U);
    ASSERT_EQ(bench.get<Ipv4Up>().dns.size(), 1U);
    EXPECT_EQ(bench.get<Ipv4Up>().dns[0].text(), "8.8.8.8");
    EXPECT_LT(position<Authenticated>(bench), position<Ipv4Up>(bench));
    bench.pass(10min, &server);
    EXPECT_FALSE(bench.ended());
}

TEST_P(LinkMethod, AWrongPasswordIsTheReasonThatIsReported) {
    Bench bench(options("Secret"));
    fake::FakePppPeer server(peer());
    bench.open();
    bench.talk(server);  // the server says no and then closes: that is not the reason
    bench.pass(10s, &server);
    ASSERT_TRUE(bench.ended());
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::AuthFailed);
    EXPECT_THAT(bench.reason().text,
                testing::StartsWith("authentication failed (" +
                                    std::string(auth::info(GetParam()).name) + "): "));
    EXPECT_EQ(bench.count<Authenticated>(), 0U);
    EXPECT_EQ(bench.count<Ipv4Up>(), 0U);
    EXPECT_EQ(bench.phases(), "establish authenticate terminate dead");
}

TEST_P(LinkMethod, AuthenticatesAgainAfterARenegotiation) {
    Bench bench(options("secret"));
    fake::FakePppPeer server(peer());
    bench.open();
    bench.talk(server);
    bench.lcp(CpCode::ConfigureRequest, 99);  // the peer wants to start over
    EXPECT_EQ(bench.count<Ipv4Down>(), 1U);
    EXPECT_EQ(bench.link.phase(), Phase::Establish);
    bench.talk(server);
    EXPECT_EQ(bench.count<Authenticated>(), 2U);
    EXPECT_EQ(bench.count<Ipv4Up>(), 2U);
    EXPECT_EQ(bench.phases(), "establish authenticate network establish authenticate network");
}

TEST_P(LinkMethod, AServerThatSaysNothingIsGivenUp) {
    Bench bench(options("secret"));
    fake::FakePppPeer server(peer());
    bench.open();
    bench.lcp(CpCode::ConfigureRequest, 1,
              {GetParam() == auth::Method::Pap
                   ? authentication(0xc023)
                   : authentication(0xc223, {*auth::info(GetParam()).algorithm})});
    bench.acknowledge(lcp);
    bench.pass(5min);
    ASSERT_TRUE(bench.ended());
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::AuthFailed);
}

TEST(Link, AnswersALaterChallengeWithoutAnotherAuthenticated) {
    for (const auto method : {auth::Method::Chap, auth::Method::MsChap2}) {
        Bench bench(with_password("secret", auth::MethodSet::all()));
        fake::FakePppPeer::Options options;
        options.method = method;
        fake::FakePppPeer server(options);
        bench.open();
        bench.talk(server);
        bench.hear(server.challenge());
        bench.talk(server);
        EXPECT_EQ(server.verdicts, 2);
        EXPECT_EQ(bench.count<Authenticated>(), 1U);
        EXPECT_FALSE(bench.ended());
    }
}

TEST(Link, AnImpostorWhoDoesNotKnowThePasswordIsRefused) {
    Bench bench(with_password("secret", auth::MethodSet::all()));
    fake::FakePppPeer::Options options;
    options.method = auth::Method::MsChap2;
    options.knows_password = false;
    fake::FakePppPeer server(options);
    bench.open();
    bench.talk(server);
    bench.pass(10s);
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::AuthFailed);
    EXPECT_EQ(bench.count<Ipv4Up>(), 0U);
}

TEST(Link, APeerThatClosesDuringAuthenticationIsReportedAsThat) {
    Bench bench(with_password("secret", auth::MethodSet::all()));
    bench.open_lcp({authentication(0xc223, {0x81})});
    bench.terminate("too many sessions");
    bench.pass(10s);
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::PeerTerminated);
    EXPECT_EQ(bench.reason().text,
              "the peer closed the link during authentication: \"too many sessions\"");
}

TEST(Link, AMethodRefusedEarlierIsNotBlamedOnceAnotherWasAgreedOn) {
    auth::MethodSet allow;
    allow.add(auth::Method::Pap);
    Bench bench(with_password("secret", allow));
    bench.open();
    bench.lcp(CpCode::ConfigureRequest, 1, {authentication(0xc223, {5})});
    bench.lcp(CpCode::ConfigureRequest, 2, {authentication(0xc023)});
    bench.acknowledge(lcp);
    bench.hear(PppProtocol::Pap, Bytes{2, 1, 0, 5, 0});
    ASSERT_EQ(bench.count<Authenticated>(), 1U);
    bench.terminate("no addresses left");
    bench.lower_down();
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::PeerTerminated);
    EXPECT_EQ(bench.reason().text, "the peer closed the link: \"no addresses left\"");
}

TEST(Link, NothingButLcpIsHeardBeforeLcpIsOpen) {
    Bench bench(with_password("secret", auth::MethodSet::all()));
    bench.open();
    bench.hear(PppProtocol::Pap, Bytes{2, 1, 0, 5, 0});
    bench.hear(PppProtocol::Chap, Bytes{1, 1, 0, 21, 16});
    bench.hear(PppProtocol::Eap, Bytes(1000, 4));
    bench.hear(ipcp, CpCode::ConfigureRequest, 1, {});
    bench.hear(static_cast<PppProtocol>(0x80fd), Bytes{1, 1, 0, 4});
    bench.hear(PppProtocol::Ipv4, Bytes(40));
    EXPECT_EQ(bench.sent.size(), 1U);
    EXPECT_EQ(bench.link.counters().unexpected, 6U);
}

TEST(Link, DuringAuthenticationOnlyTheAgreedProtocolIsHeard) {
    Bench bench(with_password("secret", auth::MethodSet::all()));
    bench.open_lcp({authentication(0xc223, {0x81})});
    const std::size_t before = bench.outputs.size();
    bench.hear(PppProtocol::Pap, Bytes{2, 1, 0, 5, 0});  // an Ack of a request never made
    bench.hear(PppProtocol::Eap, Bytes(1000, 1));
    bench.hear(ipcp, CpCode::ConfigureRequest, 1, {});
    bench.hear(static_cast<PppProtocol>(0x8057), Bytes{1, 1, 0, 4});
    EXPECT_EQ(bench.outputs.size(), before);
    EXPECT_EQ(bench.link.counters().unexpected, 4U);
    EXPECT_EQ(bench.link.phase(), Phase::Authenticate);
}

TEST(Link, AuthenticationThatWasNotAgreedOnIsNotHeardInTheNetworkPhase) {
    Bench bench(with_password("secret", auth::MethodSet::all()));
    bench.open_all();
    const std::size_t before = bench.outputs.size();
    bench.hear(PppProtocol::Pap, Bytes{2, 1, 0, 5, 0});
    bench.hear(PppProtocol::Chap, Bytes{1, 1, 0, 21, 16});
    EXPECT_EQ(bench.outputs.size(), before);
}

TEST(Link, AnUnknownProtocolIsProtocolRejectedInTheNetworkPhaseAndCutToTheMru) {
    Bench bench;
    bench.open_lcp({mru(128)});
    bench.hear(static_cast<PppProtocol>(0x80fd), Bytes(300, 0x11));
    const Sent first = bench.last(lcp, CpCode::ProtocolReject);
    EXPECT_EQ(first.data.size() + 4, 128U);
    EXPECT_EQ(first.data[0], 0x80);
    EXPECT_EQ(first.data[1], 0xfd);
    bench.hear(PppProtocol::Eap, Bytes{1, 1, 0, 5, 1});
    const Sent second = bench.last(lcp, CpCode::ProtocolReject);
    EXPECT_EQ(second.data, (Bytes{0xc2, 0x27, 1, 1, 0, 5, 1}));
    EXPECT_NE(first.id, second.id);
    EXPECT_EQ(bench.link.counters().rejected, 2U);
    bench.hear(PppProtocol::Ipv4, Bytes(40));
    EXPECT_EQ(bench.count(lcp, CpCode::ProtocolReject), 2U) << "IPv4 is supported";
}

TEST(Link, AProtocolRejectIsHeardOnlyWhileLcpIsOpen) {
    Bench bench;
    bench.open();
    bench.hear(lcp, CpCode::ProtocolReject, 1, Bytes{0xc0, 0x21, 1});
    EXPECT_FALSE(bench.ended());
    bench.lcp(CpCode::ConfigureRequest, 1);
    bench.acknowledge(lcp);
    bench.hear(lcp, CpCode::ProtocolReject, 1, Bytes{0x80});  // cut short
    EXPECT_EQ(bench.link.counters().malformed, 1U);
    bench.hear(lcp, CpCode::ProtocolReject, 1, Bytes{0x80, 0x57, 1, 1, 0, 4});  // not ours
    EXPECT_EQ(bench.link.phase(), Phase::Network);
    bench.hear(lcp, CpCode::ProtocolReject, 1, Bytes{0xc0, 0x21, 1});
    bench.pass(10s);
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::ProtocolRejected);
}

TEST(Link, APeerThatRejectsTheAuthenticationItAskedForEndsTheLink) {
    Bench bench(with_password("secret", auth::MethodSet::all()));
    bench.open_lcp({authentication(0xc023)});
    bench.hear(lcp, CpCode::ProtocolReject, 1, Bytes{0xc0, 0x23, 1, 1, 0, 4});
    bench.pass(10s);
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::ProtocolRejected);
    EXPECT_THAT(bench.reason().text, testing::HasSubstr("pap"));
}

TEST(Link, ARenegotiationTakesIpv4DownBeforeAnythingIsSent) {
    Bench bench;
    bench.open_all();
    const auto before = static_cast<std::ptrdiff_t>(bench.outputs.size());
    bench.lcp(CpCode::ConfigureRequest, 9, {mru(1400)});
    const std::vector<Output> after(bench.outputs.begin() + before, bench.outputs.end());
    ASSERT_EQ(after.size(), 4U);
    EXPECT_TRUE(std::holds_alternative<Ipv4Down>(after[0]));
    EXPECT_TRUE(std::holds_alternative<PhaseChanged>(after[1]));
    EXPECT_TRUE(std::holds_alternative<SendFrame>(after[2]));  // scr
    EXPECT_TRUE(std::holds_alternative<SendFrame>(after[3]));  // sca
    bench.acknowledge(lcp);
    EXPECT_EQ(bench.get<LcpOpened>().mtu, 1400);
    bench.ipcp(CpCode::ConfigureRequest, 1, {address(0x0a000001)});
    bench.ipcp(CpCode::ConfigureNak, bench.last(ipcp, CpCode::ConfigureRequest).id,
               {address(0x0a000003)});
    bench.acknowledge(ipcp);
    EXPECT_EQ(bench.get<Ipv4Up>().local.text(), "10.0.0.3");
}

TEST(Link, ClosingWaitsForTheTerminateAck) {
    Bench bench;
    bench.open_all();
    bench.close("by user");
    EXPECT_EQ(bench.phases(), "establish network terminate");
    EXPECT_EQ(bench.count<Ipv4Down>(), 1U);
    EXPECT_FALSE(bench.ended());
    const Sent request = bench.last(lcp, CpCode::TerminateRequest);
    EXPECT_EQ(request.data, (Bytes{'b', 'y', ' ', 'u', 's', 'e', 'r'}));
    bench.ipcp(CpCode::ConfigureRequest, 5);  // only LCP is heard now
    bench.hear(lcp, CpCode::TerminateAck, request.id, {});
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::Requested);
    EXPECT_EQ(bench.reason().text, "by user");
    EXPECT_TRUE(std::holds_alternative<Ended>(bench.outputs.back()));
    EXPECT_EQ(bench.link.phase(), Phase::Dead);
}

TEST(Link, ClosingEndsWithoutAPeerAfterMaxTerminateRequests) {
    Bench bench;
    bench.open_all();
    bench.close("by user");
    bench.pass(30s);
    EXPECT_EQ(bench.count(lcp, CpCode::TerminateRequest), 2U);
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::Requested);
}

TEST(Link, ClosingIsPossibleInEveryPhase) {
    Bench fresh;
    fresh.close("never mind");
    EXPECT_EQ(fresh.reason().text, "never mind");

    Bench establish;
    establish.open();
    establish.close("by user");
    establish.close("twice");
    establish.pass(10s);
    EXPECT_EQ(establish.reason().text, "by user");

    Bench authenticate(with_password("secret", auth::MethodSet::all()));
    authenticate.open_lcp({authentication(0xc023)});
    authenticate.close("by user");
    authenticate.pass(10s);
    EXPECT_EQ(authenticate.reason().kind, EndReason::Kind::Requested);
    EXPECT_EQ(authenticate.phases(), "establish authenticate terminate dead");
}

TEST(Link, ThePeersTerminateRequestIsAcknowledgedAndWaitedOut) {
    Bench bench;
    bench.open_all();
    bench.terminate("idle timeout");
    const Sent ack = bench.last(lcp, CpCode::TerminateAck);
    EXPECT_EQ(ack.id, 77);
    EXPECT_EQ(bench.count<Ipv4Down>(), 1U);
    EXPECT_EQ(bench.link.phase(), Phase::Terminate);
    bench.pass(2999ms);
    EXPECT_FALSE(bench.ended()) << "one Restart time has to pass (section 3.7)";
    bench.terminate("idle timeout");  // our Ack was lost
    EXPECT_EQ(bench.count(lcp, CpCode::TerminateAck), 2U);
    bench.pass(1ms);
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::PeerTerminated);
    EXPECT_EQ(bench.reason().text, "the peer closed the link: \"idle timeout\"");
    EXPECT_EQ(bench.count(lcp, CpCode::TerminateRequest), 0U);
}

TEST(Link, TheTransportGoingDownInTheMeantimeDoesNotChangeTheReason) {
    Bench bench;
    bench.open_all();
    bench.terminate("");
    bench.lower_down();
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::PeerTerminated);
    EXPECT_EQ(bench.reason().text, "the peer closed the link");
}

TEST(Link, AnUnprintableOrLongTextIsNotRepeated) {
    Bench bench;
    bench.open_all();
    bench.hear(lcp, CpCode::TerminateRequest, 1, fake::hex("3ce4003ccd740000029f"));
    bench.lower_down();
    EXPECT_EQ(bench.reason().text, "the peer closed the link");
    Bench loud;
    loud.open_all();
    loud.terminate(std::string(5000, 'x'));
    loud.lower_down();
    EXPECT_LT(loud.reason().text.size(), 200U);
}

TEST(Link, APeerThatClosesBeforeLcpOpensMayChangeItsMind) {
    Bench bench;
    bench.open();
    bench.terminate("busy");
    EXPECT_EQ(bench.count(lcp, CpCode::TerminateAck), 1U);
    bench.lcp(CpCode::ConfigureRequest, 2);
    bench.acknowledge(lcp);
    bench.lower_down();
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::LowerDown);

    Bench gone;
    gone.open();
    gone.terminate("busy");
    gone.lower_down();
    EXPECT_EQ(gone.reason().kind, EndReason::Kind::PeerTerminated);

    Bench final;
    final.open();
    final.terminate("busy");
    final.pass(1min);
    EXPECT_EQ(final.reason().kind, EndReason::Kind::PeerTerminated);
    EXPECT_EQ(final.reason().text, "the peer closed the link: \"busy\"");
}

TEST(Link, TheTransportGoingDownEndsItAtOnceInAnyPhase) {
    Bench fresh;
    fresh.lower_down();
    EXPECT_EQ(fresh.reason().kind, EndReason::Kind::LowerDown);

    Bench up;
    up.open_all();
    const std::size_t before = up.sent.size();
    up.lower_down();
    EXPECT_EQ(up.count<Ipv4Down>(), 1U);
    EXPECT_EQ(up.sent.size(), before) << "there is nobody to talk to";
    EXPECT_EQ(up.reason().kind, EndReason::Kind::LowerDown);
    EXPECT_EQ(up.phases(), "establish network dead");

    Bench authenticate(with_password("secret", auth::MethodSet::all()));
    authenticate.open_lcp({authentication(0xc023)});
    authenticate.lower_down();
    EXPECT_THAT(authenticate.reason().text, testing::HasSubstr("during authentication"));
}

TEST(Link, NothingMovesItAnyMoreOnceItHasEnded) {
    Bench bench;
    bench.open_all();
    bench.lower_down();
    const std::size_t outputs = bench.outputs.size();
    bench.open();
    bench.close("again");
    bench.lower_down();
    bench.lcp(CpCode::ConfigureRequest, 1);
    bench.link.traffic_seen(bench.now);
    bench.link.expire(bench.now + 1h);
    EXPECT_TRUE(bench.link.take_outputs().empty());
    EXPECT_EQ(bench.outputs.size(), outputs);
    EXPECT_EQ(bench.count<Ended>(), 1U);
}

TEST(Link, ASilentPeerIsProbedFiveTimesASecondApartAndThenDead) {
    Bench bench;
    bench.open_all();
    bench.pass(59999ms);
    EXPECT_EQ(bench.link.counters().echo_sent, 0U);
    bench.pass(1ms);
    EXPECT_EQ(bench.link.counters().echo_sent, 1U);
    for (unsigned missed = 1; missed <= 4; ++missed) {
        bench.pass(1s);
        EXPECT_EQ(bench.link.counters().echo_missed, missed);
        EXPECT_EQ(bench.link.counters().echo_sent, missed + 1);
    }
    EXPECT_EQ(bench.link.phase(), Phase::Network);
    bench.pass(1s);
    EXPECT_EQ(bench.link.counters().echo_missed, 5U);
    EXPECT_EQ(bench.link.counters().echo_sent, 5U);
    EXPECT_EQ(bench.link.phase(), Phase::Terminate);
    bench.pass(10s);
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::EchoTimeout);
    EXPECT_EQ(bench.count(lcp, CpCode::EchoRequest), 5U);
    EXPECT_EQ(bench.last(lcp, CpCode::EchoRequest).data.size(), 4U);
}

TEST(Link, AnAnswerToAProbeStartsTheIdleTimeAgain) {
    Bench bench;
    fake::FakePppPeer peer({});
    bench.open();
    bench.talk(peer);
    bench.pass(10min, &peer);
    EXPECT_FALSE(bench.ended());
    EXPECT_EQ(bench.link.counters().echo_sent, 10U);
    EXPECT_EQ(bench.link.counters().echo_missed, 0U);
    peer.mute = true;
    bench.pass(3min, &peer);
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::EchoTimeout);
}

TEST(Link, SeenTrafficPostponesTheKeepalive) {
    Bench bench;
    bench.open_all();
    for (int i = 0; i < 100; ++i) {
        bench.pass(30s);
        bench.link.traffic_seen(bench.now);
    }
    EXPECT_EQ(bench.link.counters().echo_sent, 0U);
    bench.pass(63s);
    EXPECT_EQ(bench.link.counters().echo_sent, 4U);
    bench.link.traffic_seen(bench.now);
    bench.pass(59s);
    EXPECT_EQ(bench.link.counters().echo_sent, 4U);
}

TEST(Link, AKeepaliveOfZeroIsNone) {
    LinkOptions options;
    options.keepalive = {};
    Bench bench(std::move(options));
    bench.open_all();
    EXPECT_EQ(bench.link.deadline(), std::nullopt);
    bench.pass(24h);
    EXPECT_FALSE(bench.ended());
}

TEST(Link, OurOwnEchoesDoNotKeepADeadLinkAlive) {
    Bench bench;
    bench.open_all();
    for (int i = 0; i < 20 && !bench.ended(); ++i) {
        bench.pass(bench.link.deadline() ? *bench.link.deadline() - bench.now : 1s);
        if (bench.count(lcp, CpCode::EchoRequest) > 0)
            bench.hear(lcp, CpCode::EchoRequest, 1, bench.last(lcp, CpCode::EchoRequest).data);
    }
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::EchoTimeout);
}

TEST(Link, CanBeMoved) {
    fake::FakeRandom random;
    Link link({}, random);
    link.open({});
    Link moved = std::move(link);
    EXPECT_EQ(moved.phase(), Phase::Establish);
    EXPECT_FALSE(moved.take_outputs().empty());
}

TEST(Link, PhasesAndReasonsHaveNames) {
    EXPECT_EQ(name(Phase::Authenticate), "authenticate");
    EXPECT_EQ(name(EndReason::Kind::PeerTerminated), "peer-terminated");
    EXPECT_EQ(name(EndReason::Kind::Looped), "looped");
}

}  // namespace
}  // namespace rtun::ppp
