// SPDX-License-Identifier: GPL-2.0-or-later
//
// A link that is one of a bundle, and the bundle itself (RFC 1990 section 2): what each carries,
// what it must not, how each ends, and how another program goes on with it.
#include <ppp/link_state.h>
#include <tests/fake/hex.h>
#include <tests/ppp/server_bench.h>

namespace rtun::ppp {
namespace {

using auth::Method;
using fake::hex;
using testing::HasSubstr;

constexpr PppProtocol lcp = PppProtocol::Lcp;
constexpr PppProtocol ipcp = PppProtocol::Ipcp;
constexpr PppProtocol ccp = PppProtocol::Ccp;
constexpr std::uint32_t H = 0x01000000, S = 0x40;

LinkState handed_over(const Bench &bench) {
    const auto state = bench.link.state();
    EXPECT_TRUE(state.has_value());
    if (!state)
        return {};
    const auto read = decode_link_state(encode(*state));
    EXPECT_TRUE(read.has_value()) << read.error().text;
    return read ? *read : LinkState{};
}

// A link of a bundle, nobody having asked who is who.
class Member : public Bench {
public:
    explicit Member(LinkOptions options = {})
        : Bench(with_multilink(Multilink{.mrru = 1600}, std::move(options))) {
        open_lcp({mrru(1614), discriminator(1, {7})});
        EXPECT_EQ(count<MultilinkReady>(), 1U);
    }
};

TEST(Member, CarriesNoNetworkOfItsOwn) {
    LinkOptions options;
    options.ipv6 = true;
    options.encryption = Encryption::Required;
    Member bench(options);
    EXPECT_EQ(bench.link.phase(), Phase::Network);
    EXPECT_EQ(bench.phases(), "establish network");
    for (const Sent &sent : bench.sent)
        EXPECT_EQ(sent.protocol, lcp);
    const auto ready = bench.get<MultilinkReady>();
    EXPECT_EQ(ready.agreed.text(), "mrru 1600 peer-mrru 1614 endpoint-discriminator local 07");
    EXPECT_EQ(ready.agreed, bench.get<LcpOpened>().multilink);
    EXPECT_EQ(ready.user, "");
    EXPECT_FALSE(ready.authenticated || ready.peer_authenticated || ready.keys);
    bench.pass(30s);
    EXPECT_EQ(bench.sent.size(), 2U) << "and is in no hurry";
}

TEST(Member, HandsOverWhatIsTheBundlesUnread) {
    Member bench;
    std::size_t frames = 0;
    for (const char *digits :
         {"8021 01 01 0004", "8057 ff", "80fd", "0021 45", "0057", "00fd 9000", "8031 0101",
          "c021 08 01 0006 8021", "c021 08 01 000a 80fd 01010004"}) {
        bench.hear(hex(digits));
        EXPECT_EQ(bench.count<BundleFrame>(), ++frames) << digits;
        EXPECT_EQ(bench.get<BundleFrame>().frame, hex(digits));
    }
    EXPECT_EQ(bench.sent.size(), 2U);
    // Its own, and fragments, which do not come this way.
    for (const char *digits : {"c023 01", "c223 01", "c227 01", "003d c0000000 8021 01010004",
                               "c021 0b 01 0008 00000000", "c021 08 01 0005 80", "c021 08"}) {
        bench.hear(hex(digits));
        EXPECT_EQ(bench.count<BundleFrame>(), frames) << digits;
    }
    EXPECT_EQ(bench.link.phase(), Phase::Network);
}

TEST(Member, HasTheKeepaliveOfEveryLink) {
    Member bench;
    bench.pass(59s);
    bench.hear(hex("8021 01 01 0004"));
    bench.pass(59s);
    EXPECT_EQ(bench.link.counters().echo_sent, 0U) << "also a bundle's frame is a sign of life";
    bench.hear(lcp, CpCode::EchoRequest, 9, Bytes(4));
    EXPECT_EQ(bench.last(lcp, CpCode::EchoReply).id, 9);
    bench.pass(2min);
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::EchoTimeout);
    EXPECT_EQ(bench.count<MultilinkDown>(), 1U);
}

TEST(Member, EndsAsALinkDoes) {
    Member ours;
    ours.close("by user");
    EXPECT_EQ(ours.count<MultilinkDown>(), 1U);
    EXPECT_EQ(ours.count(lcp, CpCode::TerminateRequest), 1U);
    ours.hear(lcp, CpCode::TerminateAck, ours.last(lcp, CpCode::TerminateRequest).id, {});
    EXPECT_EQ(ours.reason().text, "by user");

    LinkOptions options;
    options.encryption = Encryption::Required;
    Member theirs(options);
    theirs.terminate("idle");
    theirs.pass(10s);
    EXPECT_EQ(theirs.reason().kind, EndReason::Kind::PeerTerminated);
    EXPECT_EQ(theirs.reason().text, "the peer closed the link: \"idle\"");

    Member down;
    down.lower_down();
    EXPECT_EQ(down.count<MultilinkDown>(), 1U);

    Member rejected;
    rejected.pass(10s);
    rejected.hear(hex("c021 08 01 0006 003d"));
    EXPECT_EQ(rejected.count<MultilinkDown>(), 1U);
    rejected.pass(10s);
    EXPECT_EQ(rejected.reason().kind, EndReason::Kind::ProtocolRejected);
    EXPECT_THAT(rejected.reason().text, HasSubstr("multilink"));
}

// pppd rejects the first fragments, those that come before it has told its kernel of multilink.
TEST(Member, IsNotAtOnceGivenUpByAPeerThatRejectsFragments) {
    Member bench;
    for (int i = 0; i < 100; i++)
        bench.hear(hex("c021 08 01 0010 003d c0000000 80fd 01010004"));
    EXPECT_EQ(bench.count<MultilinkDown>(), 0U);
    bench.pass(9s);
    bench.hear(hex("c021 08 01 0006 003d"));
    EXPECT_EQ(bench.link.phase(), Phase::Network);
    EXPECT_EQ(bench.sent.size(), 2U);
}

TEST(Member, LeavesTheBundleWhileLcpNegotiatesAnew) {
    Member bench;
    bench.lcp(CpCode::ConfigureRequest, 2, {mrru(1500)});
    EXPECT_EQ(bench.count<MultilinkDown>(), 1U);
    bench.hear(hex("8021 01 01 0004"));
    EXPECT_EQ(bench.count<BundleFrame>(), 0U);
    bench.acknowledge(lcp);
    EXPECT_EQ(bench.count<MultilinkReady>(), 2U);
    EXPECT_EQ(bench.get<MultilinkReady>().agreed.peer_mrru, 1500);

    bench.link.renegotiate(bench.now);
    bench.pass(0s);
    EXPECT_EQ(bench.link.phase(), Phase::Establish);
}

TEST(Member, BecomesAPlainLinkWhenThePeerWantsNoMoreOfIt) {
    Member bench;
    bench.lcp(CpCode::ConfigureRequest, 2);  // told that it may ask
    bench.lcp(CpCode::ConfigureRequest, 3);
    bench.lcp(CpCode::ConfigureRequest, 4);
    bench.acknowledge(lcp);
    EXPECT_EQ(bench.count<MultilinkDown>(), 1U);
    EXPECT_EQ(bench.count<MultilinkReady>(), 1U);
    EXPECT_EQ(bench.count(ipcp, CpCode::ConfigureRequest), 1U);
}

TEST(Member, OfAServerIsReadyWhenThePeerIsKnownAndGranted) {
    ServerBench bench(with_multilink({}, demanding()));
    bench.open_lcp({mrru(1500)});
    bench.client(Method::MsChap2);
    EXPECT_EQ(bench.count<PeerAuthenticated>(), 1U);
    EXPECT_EQ(bench.count<MultilinkReady>(), 0U);
    bench.grant(usual_grant(Encryption::Required));
    ASSERT_EQ(bench.count<MultilinkReady>(), 1U);
    const auto ready = bench.get<MultilinkReady>();
    EXPECT_EQ(ready.user, "jack");
    EXPECT_EQ(ready.peer_authenticated, Method::MsChap2);
    EXPECT_FALSE(ready.authenticated);
    ASSERT_TRUE(ready.keys && bench.client_keys);
    EXPECT_TRUE(ready.keys->send.bits128.same_as(bench.client_keys->receive.bits128.reveal()));
    // Challenged again, it is no news.
    bench.client(Method::MsChap2);
    EXPECT_EQ(bench.count<MultilinkReady>(), 1U);
}

// -- the bundle

BundleStart start_of(std::uint16_t peer_mrru = 1500) {
    BundleStart start;
    start.first.agreed.mrru = 1600;
    start.first.agreed.peer_mrru = peer_mrru;
    return start;
}

BundleStart with_keys() {
    BundleStart start = start_of(1400);
    start.first.authenticated = Method::MsChap2;
    auth::MppeKeys keys;
    const Bytes sending(16, 1), receiving(16, 2);
    keys.send.bits128 = base::Secret(base::View(sending));
    keys.receive.bits128 = base::Secret(base::View(receiving));
    start.first.keys = keys;
    return start;
}

LinkOptions encrypted(Encryption encryption = Encryption::Required) {
    LinkOptions options;
    options.encryption = encryption;
    return options;
}

class Bundle : public Bench {
public:
    explicit Bundle(LinkOptions options = {}, const BundleStart &start = start_of())
        : Bench(std::move(options)) {
        begin_bundle(start);
    }
    void ipv4() {
        ipcp(CpCode::ConfigureRequest, 1, {address(0x0a000001)});
        ipcp(CpCode::ConfigureNak, last(PppProtocol::Ipcp, CpCode::ConfigureRequest).id,
             {address(0x0a000002)});
        acknowledge(PppProtocol::Ipcp);
        ASSERT_EQ(count<Ipv4Up>(), 1U);
    }
    void mppe_up() {
        ccp(CpCode::ConfigureRequest, 1, {mppe(H | S)});
        acknowledge(PppProtocol::Ccp);
        ASSERT_EQ(count<EncryptionUp>(), 1U);
    }
    [[nodiscard]] std::size_t sent_of_lcp() const {
        return static_cast<std::size_t>(std::count_if(sent.begin(), sent.end(), [](const Sent &s) {
            return s.protocol == PppProtocol::Lcp;
        }));
    }
};

TEST(Bundle, BeginsWithTheNetworksAndWithoutAWordOfLcp) {
    LinkOptions options;
    options.ipv6 = true;
    options.mtu = 1450;
    Bundle bench(options);
    EXPECT_EQ(bench.phases(), "network");
    const auto opened = bench.get<LcpOpened>();
    EXPECT_EQ(opened.mtu, 1450);
    EXPECT_EQ(opened.mru, 1600);
    EXPECT_EQ(opened.magic, 0U);
    EXPECT_TRUE(opened.pfc_rx && opened.acfc_tx);
    EXPECT_FALSE(opened.pfc_tx);
    EXPECT_EQ(bench.count(ipcp, CpCode::ConfigureRequest), 1U);
    EXPECT_EQ(bench.count(PppProtocol::Ipv6cp, CpCode::ConfigureRequest), 1U);
    bench.ipv4();
    EXPECT_EQ(bench.get<Ipv4Up>().local.text(), "10.0.0.2");
    bench.pass(1h);
    EXPECT_EQ(bench.sent_of_lcp(), 0U) << "no keepalive";

    EXPECT_EQ(Bundle(options, start_of(1300)).get<LcpOpened>().mtu, 1300);
}

TEST(Bundle, EncryptsWithTheKeysOfItsFirstLink) {
    Bundle bench(encrypted(), with_keys());
    EXPECT_EQ(bench.count(ipcp, CpCode::ConfigureRequest), 0U) << "CCP first";
    bench.mppe_up();
    const auto up = bench.get<EncryptionUp>();
    ASSERT_TRUE(up.send && up.receive);
    EXPECT_EQ(up.send->start_key.reveal()[0], 1);
    EXPECT_EQ(up.receive->start_key.reveal()[0], 2);
    EXPECT_EQ(up.mtu, 1396) << "of the peer's MRRU";
    bench.ipv4();
}

TEST(Bundle, ThatHasToEncryptAndHasNoKeysEnds) {
    Bundle nobody(encrypted());
    EXPECT_EQ(nobody.reason().kind, EndReason::Kind::EncryptionFailed);
    EXPECT_TRUE(nobody.sent.empty());

    BundleStart start = start_of();
    start.first.authenticated = Method::Pap;
    Bundle pap(encrypted(), start);
    EXPECT_THAT(pap.reason().text, HasSubstr("authentication with pap gives no keys for it"));
}

TEST(Bundle, OfAServerHasWhatWasGranted) {
    BundleStart start = with_keys();
    start.first.peer_authenticated = Method::MsChap2;
    start.first.user = "jack";
    start.granted = usual_grant();
    Bundle bench(demanding(), start);
    bench.ipcp(CpCode::ConfigureRequest, 1, {address(0)});
    EXPECT_EQ(bench.last(ipcp, CpCode::ConfigureNak).options(), CpOptions{address(client_address)});
    bench.ipcp(CpCode::ConfigureRequest, 2, {address(client_address)});
    bench.acknowledge(ipcp);
    EXPECT_EQ(bench.get<Ipv4Up>().remote.value, client_address);
    EXPECT_EQ(handed_over(bench).user, "jack");
}

TEST(Bundle, DiscardsSilentlyWhatWouldNegotiateOrEndLcp) {
    Bundle bench;
    bench.ipv4();
    std::uint64_t discarded = bench.link.counters().unexpected;
    const std::size_t before = bench.outputs.size();
    for (const CpCode code :
         {CpCode::ConfigureRequest, CpCode::ConfigureAck, CpCode::ConfigureNak,
          CpCode::ConfigureReject, CpCode::TerminateRequest, CpCode::TerminateAck}) {
        bench.lcp(code, 1);
        EXPECT_EQ(bench.link.counters().unexpected, ++discarded);
    }
    // What could only refuse that, or LCP itself; and what is a link's.
    for (const char *digits : {"c021 07 01 0008 01010004", "c021 08 01 0006 c021", "c223 01010004",
                               "c023 01010004", "003d c0000000"}) {
        bench.hear(hex(digits));
        EXPECT_EQ(bench.link.counters().unexpected, ++discarded) << digits;
    }
    EXPECT_EQ(bench.outputs.size(), before);
}

TEST(Bundle, AnswersTheRestOfLcp) {
    Bundle bench;
    bench.hear(lcp, CpCode::EchoRequest, 9, Bytes{1, 2, 3, 4, 5});
    EXPECT_EQ(bench.last(lcp, CpCode::EchoReply).data, (Bytes{0, 0, 0, 0, 5}));
    bench.hear(lcp, static_cast<CpCode>(77), 3, {});
    EXPECT_EQ(bench.count(lcp, CpCode::CodeReject), 1U);
    bench.hear(hex("8031 01010004"));
    EXPECT_EQ(bench.count(lcp, CpCode::ProtocolReject), 1U);
    bench.hear(lcp, CpCode::DiscardRequest, 4, Bytes(4));
    bench.hear(hex("c021 07 01 0008 09010004"));
    EXPECT_EQ(bench.sent_of_lcp(), 3U);
    EXPECT_EQ(bench.link.phase(), Phase::Network);
    bench.hear(hex("c021 08 01 0006 8021"));
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::ProtocolRejected);
    EXPECT_EQ(bench.sent_of_lcp(), 3U);
}

TEST(Bundle, EndsAtOnceAndSaysNothingOfIt) {
    Bundle bench(encrypted(), with_keys());
    bench.mppe_up();
    bench.ipv4();
    bench.close("by user");
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::Requested);
    EXPECT_EQ(bench.reason().text, "by user");
    EXPECT_EQ(bench.phases(), "network terminate dead");
    EXPECT_EQ(bench.count<Ipv4Down>(), 1U);
    EXPECT_EQ(bench.count<EncryptionDown>(), 1U);
    EXPECT_EQ(bench.sent_of_lcp(), 0U);

    Bundle lost;
    lost.lower_down();
    EXPECT_EQ(lost.reason().kind, EndReason::Kind::LowerDown);

    Bundle silent;
    silent.pass(1min);
    EXPECT_EQ(silent.reason().text, "the peer does not answer IPCP Configure-Requests");
    EXPECT_EQ(silent.sent_of_lcp(), 0U);

    Bundle refused;
    refused.hear(ipcp, CpCode::TerminateRequest, 1, {});
    EXPECT_EQ(refused.count(ipcp, CpCode::TerminateAck), 1U);
    EXPECT_THAT(refused.reason().text, HasSubstr("the peer refuses IPv4"));
}

TEST(Bundle, HasNoOtherKeysToGive) {
    Bundle bench(encrypted(), with_keys());
    bench.mppe_up();
    // An answer of ours was lost: CCP once more takes the keys that there are.
    bench.ccp(CpCode::ConfigureRequest, 2, {mppe(H | S)});
    bench.acknowledge(ccp);
    EXPECT_EQ(bench.count<EncryptionUp>(), 2U);
    bench.ipv4();
    bench.pass(30s);
    bench.link.renegotiate(bench.now);
    bench.pass(0s);
    bench.link.expire(bench.now);
    bench.lower_down();
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::EncryptionFailed);
    EXPECT_EQ(bench.sent_of_lcp(), 0U);
}

// A peer that has begun anew, with other keys; and RC4 must not begin with the same twice.
TEST(Bundle, ThatCarriesEndsWhenEncryptionIsNegotiatedOnceMore) {
    Bundle bench(encrypted(), with_keys());
    bench.mppe_up();
    bench.ipv4();
    bench.pass(30s);
    bench.ccp(CpCode::ConfigureRequest, 2, {mppe(H | S)});
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::EncryptionFailed);
    EXPECT_EQ(bench.count<EncryptionUp>(), 1U);

    Bundle clear;
    clear.ipv4();
    clear.ipcp(CpCode::ConfigureRequest, 2, {address(0x0a000001)});
    EXPECT_EQ(clear.count<Ipv4Down>(), 1U);
    EXPECT_EQ(clear.count<Ended>(), 0U) << "in clear that does no harm";
}

TEST(Bundle, BeginsOnlyOnce) {
    Bundle bench;
    const std::size_t before = bench.outputs.size();
    bench.begin_bundle(start_of());
    bench.open();
    EXPECT_EQ(bench.outputs.size(), before);
    Bench link;
    link.open();
    link.begin_bundle(start_of());
    EXPECT_EQ(link.phases(), "establish");
}

// -- in another program

TEST(MultilinkState, ALinkOfABundleGoesOn) {
    ServerBench first(with_multilink(Multilink{.mrru = 1600}, demanding()));
    first.open_lcp({mrru(1614), discriminator(1, {7})});
    first.client(Method::MsChap2);
    EXPECT_EQ(first.link.state(), std::nullopt) << "not granted yet";
    first.grant(usual_grant(Encryption::Required));
    const LinkState state = handed_over(first);
    EXPECT_FALSE(state.bundle || state.ipv4);
    EXPECT_EQ(state.lcp.multilink, first.get<MultilinkReady>().agreed);
    EXPECT_EQ(state.user, "jack");

    ServerBench bench(with_multilink(Multilink{.mrru = 1600}, demanding()));
    bench.resume(state);
    EXPECT_TRUE(bench.outputs.empty());
    EXPECT_EQ(bench.link.phase(), Phase::Network);
    EXPECT_EQ(encode(handed_over(bench)), encode(state));
    bench.hear(hex("8021 01 01 0004"));
    EXPECT_EQ(bench.count<BundleFrame>(), 1U);
    bench.pass(1min);
    EXPECT_EQ(bench.link.counters().echo_sent, 1U);
    bench.lcp(CpCode::ConfigureRequest, 2, {mrru(1614)});
    EXPECT_EQ(bench.count<MultilinkDown>(), 1U);
    bench.acknowledge(lcp);
    bench.client(Method::MsChap2);
    bench.grant(usual_grant(Encryption::Required));
    EXPECT_EQ(bench.count<MultilinkReady>(), 1U);
}

TEST(MultilinkState, ABundleGoesOn) {
    Bundle first(encrypted(), with_keys());
    EXPECT_EQ(first.link.state(), std::nullopt);
    first.mppe_up();
    first.ipv4();
    const LinkState state = handed_over(first);
    EXPECT_TRUE(state.bundle);
    EXPECT_EQ(state.lcp.multilink, with_keys().first.agreed);

    Bench bench(encrypted());
    bench.resume(state);
    EXPECT_TRUE(bench.outputs.empty());
    EXPECT_EQ(encode(handed_over(bench)), encode(state));
    bench.pass(1h);
    EXPECT_TRUE(bench.sent.empty());
    bench.lcp(CpCode::TerminateRequest, 1);
    EXPECT_TRUE(bench.outputs.empty());
    bench.hear(lcp, CpCode::EchoRequest, 9, Bytes(4));
    EXPECT_EQ(bench.count(lcp, CpCode::EchoReply), 1U);
}

TEST(MultilinkState, ABundleThatNeedsKeysWhichAreNotThereEnds) {
    Bundle first(encrypted(), with_keys());
    first.mppe_up();
    first.ipv4();
    Bench bench(encrypted());
    bench.resume(handed_over(first));
    bench.ccp(CpCode::ConfigureRequest, 7, {mppe(H | S)});
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::EncryptionFailed);
    EXPECT_EQ(bench.reason().text,
              "encryption needs other keys, and a bundle cannot authenticate for them");
    EXPECT_EQ(bench.count<Ipv4Down>(), 1U);
    EXPECT_EQ(bench.count<EncryptionDown>(), 1U);
    EXPECT_EQ(bench.count(lcp, CpCode::TerminateRequest), 0U);
}

}  // namespace
}  // namespace rtun::ppp
