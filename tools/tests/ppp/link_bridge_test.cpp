// SPDX-License-Identifier: GPL-2.0-or-later
//
// A link that carries Ethernet frames (RFC 3518): BCP in the network phase instead of IPCP and
// IPv6CP, or beside them, under encryption, on a bundle, and handed over to another program.
#include <ppp/link_state.h>
#include <tests/fake/hex.h>
#include <tests/ppp/server_bench.h>

namespace rtun::ppp {
namespace {

using auth::Method;
using base::Mac;
using fake::hex;
using testing::HasSubstr;

constexpr PppProtocol lcp = PppProtocol::Lcp;
constexpr PppProtocol ipcp = PppProtocol::Ipcp;
constexpr PppProtocol ipv6cp = PppProtocol::Ipv6cp;
constexpr PppProtocol bcp = PppProtocol::Bcp;
constexpr PppProtocol ccp = PppProtocol::Ccp;
constexpr std::uint32_t H = 0x01000000, S = 0x40;

constexpr Mac ours{{0x02, 0x00, 0x5e, 0x10, 0x00, 0x01}};
constexpr Mac theirs{{0x4c, 0x5e, 0x0c, 0x10, 0x00, 0x02}};

CpOptions wanted() {
    using wire::BcpSwitch, wire::BcpType;
    return {wire::raw(wire::BcpMacSupport{wire::BcpMacType::Ethernet}),
            wire::raw(wire::BcpMacAddress{theirs}),
            wire::raw(BcpSwitch{BcpType::TaggedFrame, BcpSwitch::Value::Enabled})};
}

LinkOptions bridging(LinkOptions options = {}) {
    options.bridge = BridgeOptions{ours};
    return options;
}

void open_bcp(Bench &bench, std::uint8_t id = 1) {
    bench.hear(bcp, CpCode::ConfigureRequest, id, wire::encode(wanted()));
    bench.acknowledge(bcp);
}

LinkState handed_over(const Bench &bench) {
    const auto state = bench.link.state();
    EXPECT_TRUE(state.has_value());
    if (!state)
        return {};
    const auto read = decode_link_state(encode(*state));
    EXPECT_TRUE(read.has_value()) << read.error().text;
    return read ? *read : LinkState{};
}

class Bridging : public Bench {
public:
    explicit Bridging(LinkOptions options = {}) : Bench(bridging(std::move(options))) {
        open_lcp();
    }
};

TEST(Bridging, BcpRunsInsteadOfIpcpAndIpv6cp) {
    LinkOptions options;
    options.ipv6 = true;
    Bridging bench(options);
    EXPECT_EQ(bench.count(bcp, CpCode::ConfigureRequest), 1U);
    EXPECT_EQ(bench.count(ipcp, CpCode::ConfigureRequest), 0U);
    EXPECT_EQ(bench.count(ipv6cp, CpCode::ConfigureRequest), 0U);
    open_bcp(bench);
    ASSERT_EQ(bench.count<BridgeUp>(), 1U);
    const auto up = bench.get<BridgeUp>();
    EXPECT_EQ(up.send, (BridgeDirection{.ethernet = true, .tagged = true}));
    EXPECT_EQ(up.receive,
              (BridgeDirection{
                  .ethernet = true, .tagged = true, .tinygram = true, .management_inline = true}));
    EXPECT_EQ(up.local, ours);
    EXPECT_EQ(up.remote, theirs);
    bench.pass(30s);
    EXPECT_FALSE(bench.ended());
}

TEST(Bridging, IpIsRejectedAsIfItWereNotKnown) {
    LinkOptions options;
    options.ipv6 = true;
    Bridging bench(options);
    open_bcp(bench);
    std::size_t rejects = 0;
    for (const char *digits : {"8021 01 01 0004", "8057 01 01 0004", "0021 45", "0057 60"}) {
        bench.hear(hex(digits));
        EXPECT_EQ(bench.count(lcp, CpCode::ProtocolReject), ++rejects) << digits;
    }
    // Data is the transport's, and BPDUs of old are discarded without a word.
    for (const char *digits : {"0031 0001", "0201 00"})
        bench.hear(hex(digits));
    EXPECT_EQ(bench.count(lcp, CpCode::ProtocolReject), rejects);
    EXPECT_EQ(bench.link.counters().unexpected, 2U);
}

TEST(Bridging, IsRejectedWhereItIsNotAskedFor) {
    Bench bench;
    bench.open_all();
    std::size_t rejects = 0;
    for (const char *digits : {"8031 01 01 0004", "0031 0001", "0201 00"}) {
        bench.hear(hex(digits));
        EXPECT_EQ(bench.count(lcp, CpCode::ProtocolReject), ++rejects) << digits;
    }
    bench.hear(hex("c021 08 05 0006 8031"));
    EXPECT_FALSE(bench.ended());
}

TEST(Bridging, IpRunsBesideItIfThatIsAskedForAndMayFail) {
    LinkOptions options;
    options.ip_beside_bridge = true;
    options.ipv6 = true;
    Bridging bench(options);
    for (const PppProtocol protocol : {bcp, ipcp, ipv6cp})
        EXPECT_EQ(bench.count(protocol, CpCode::ConfigureRequest), 1U);
    open_bcp(bench);
    bench.ipcp(CpCode::ConfigureRequest, 1, {address(0x0a000001)});
    bench.ipcp(CpCode::ConfigureNak, bench.last(ipcp, CpCode::ConfigureRequest).id,
               {address(0x0a000002)});
    bench.acknowledge(ipcp);
    EXPECT_EQ(bench.count<Ipv4Up>(), 1U);
    bench.hear(ipcp, CpCode::TerminateRequest, 9, {});
    EXPECT_EQ(bench.count<Ipv4Down>(), 1U);
    bench.hear(hex("c021 08 05 0006 8057"));
    bench.pass(40s);
    EXPECT_FALSE(bench.ended());
    EXPECT_EQ(bench.count<BridgeDown>(), 0U);

    Bridging rejected(options);
    open_bcp(rejected);
    rejected.hear(hex("c021 08 05 0006 8021"));
    const std::size_t asked = rejected.count(ipcp, CpCode::ConfigureRequest);
    rejected.pass(40s);
    EXPECT_EQ(rejected.count(ipcp, CpCode::ConfigureRequest), asked) << "to be sent no more";
    EXPECT_FALSE(rejected.ended());

    Bridging silent(options);
    open_bcp(silent);
    silent.pass(50s);
    EXPECT_FALSE(silent.ended()) << "nobody answers IPCP";
    EXPECT_EQ(silent.count<BridgeDown>(), 0U);
}

TEST(Bridging, WithoutItTheLinkEnds) {
    Bridging rejected;
    rejected.hear(hex("c021 08 05 0006 8031"));
    rejected.pass(10s);
    EXPECT_EQ(rejected.reason().kind, EndReason::Kind::ProtocolRejected);
    EXPECT_THAT(rejected.reason().text, HasSubstr("refuses bridging"));

    Bridging silent;
    silent.pass(60s);
    EXPECT_EQ(silent.reason().kind, EndReason::Kind::NegotiationFailed);
    EXPECT_THAT(silent.reason().text, HasSubstr("BCP Configure-Requests"));

    Bridging closed;
    open_bcp(closed);
    closed.hear(bcp, CpCode::TerminateRequest, 9, {});
    EXPECT_EQ(closed.count<BridgeDown>(), 1U);
    closed.pass(10s);
    EXPECT_EQ(closed.reason().kind, EndReason::Kind::PeerTerminated);

    // It takes frames of another kind of LAN only.
    Bridging ring;
    ring.hear(bcp, CpCode::ConfigureRequest, 1, hex("03 03 03"));
    ring.hear(bcp, CpCode::ConfigureRequest, 2, hex("03 03 03"));
    ring.pass(10s);
    EXPECT_EQ(ring.reason().kind, EndReason::Kind::NegotiationFailed);
    EXPECT_THAT(ring.reason().text, HasSubstr("MAC-Support"));
}

TEST(Bridging, EndsWithTheLinkAndBeginsAnewWithLcp) {
    Bridging bench;
    open_bcp(bench);
    bench.lcp(CpCode::ConfigureRequest, 7);
    EXPECT_EQ(bench.count<BridgeDown>(), 1U);
    bench.acknowledge(lcp);
    open_bcp(bench, 2);
    EXPECT_EQ(bench.count<BridgeUp>(), 2U);
    bench.close("by user");
    EXPECT_EQ(bench.count<BridgeDown>(), 2U);
    bench.hear(lcp, CpCode::TerminateAck, bench.last(lcp, CpCode::TerminateRequest).id, {});
    EXPECT_EQ(bench.reason().text, "by user");
}

TEST(Bridging, WaitsForEncryptionAndHearsWhatThePeerSaidMeanwhile) {
    Grant granted = usual_grant(Encryption::Required);
    granted.bridge = BridgeOptions{ours};
    ServerBench bench;
    bench.authenticated(Method::MsChap2, granted);
    bench.hear(bcp, CpCode::ConfigureRequest, 1, wire::encode(wanted()));
    EXPECT_EQ(bench.count(bcp, CpCode::ConfigureRequest), 0U);
    bench.ccp(CpCode::ConfigureRequest, 1, {mppe(H | S)});
    bench.acknowledge(ccp);
    ASSERT_EQ(bench.count<EncryptionUp>(), 1U);
    EXPECT_EQ(bench.count(bcp, CpCode::ConfigureAck), 1U);
    EXPECT_EQ(bench.count(ipcp, CpCode::ConfigureRequest), 0U);
    bench.acknowledge(bcp);
    EXPECT_EQ(bench.count<BridgeUp>(), 1U);

    // Both negotiate anew: frames wait for the keys.
    bench.ccp(CpCode::ConfigureRequest, 2, {mppe(H | S)});
    EXPECT_EQ(bench.count<EncryptionDown>(), 1U);
    bench.hear(bcp, CpCode::ConfigureRequest, 2, wire::encode(wanted()));
    bench.acknowledge(bcp);
    EXPECT_EQ(bench.count<BridgeUp>(), 1U);
    bench.acknowledge(ccp);
    EXPECT_EQ(bench.count<EncryptionUp>(), 2U);
    EXPECT_EQ(bench.count<BridgeUp>(), 2U);
}

TEST(Bridging, IsAServersTermLikeOthers) {
    Grant granted = usual_grant();
    granted.bridge = BridgeOptions{ours};
    ServerBench bench;
    bench.authenticated(Method::MsChap2, granted);
    open_bcp(bench);
    EXPECT_EQ(bench.get<BridgeUp>().local, ours);

    // One that grants none has IP, whatever the options said.
    LinkOptions options = demanding();
    options.bridge = BridgeOptions{ours};
    ServerBench none(options);
    none.authenticated(Method::MsChap2);
    EXPECT_EQ(none.count(bcp, CpCode::ConfigureRequest), 0U);
    none.ipv4();
}

TEST(Bridging, GoesOnInAnotherProgram) {
    Bridging first;
    EXPECT_FALSE(first.link.state().has_value()) << "it negotiates";
    open_bcp(first);
    const LinkState state = handed_over(first);
    EXPECT_FALSE(state.ipv4 || state.ipv6);
    EXPECT_EQ(state.bridge, first.get<BridgeUp>());

    Bench second(bridging());
    second.resume(state);
    EXPECT_TRUE(second.outputs.empty());
    second.pass(30s);
    EXPECT_TRUE(second.outputs.empty());
    EXPECT_EQ(encode(handed_over(second)), encode(state));
    second.hear(ipcp, CpCode::ConfigureRequest, 1, {});
    EXPECT_EQ(second.count(lcp, CpCode::ProtocolReject), 1U);
    // The peer begins BCP anew.
    second.hear(bcp, CpCode::ConfigureRequest, 9, wire::encode(wanted()));
    EXPECT_EQ(second.count<BridgeDown>(), 1U);
    second.acknowledge(bcp);
    EXPECT_EQ(second.count<BridgeUp>(), 1U);
    EXPECT_EQ(second.get<BridgeUp>(), *state.bridge);
}

TEST(Bridging, IsOfABundleAsIpIs) {
    Bench link(bridging(with_multilink(Multilink{.mrru = 1600})));
    link.open_lcp({mrru(1600)});
    ASSERT_EQ(link.count<MultilinkReady>(), 1U);
    EXPECT_EQ(link.count(bcp, CpCode::ConfigureRequest), 0U) << "a link has none of its own";
    link.hear(hex("8031 01 01 0004"));
    EXPECT_EQ(link.count<BundleFrame>(), 1U);

    Bench bundle(bridging());
    bundle.begin_bundle({link.get<MultilinkReady>(), {}});
    open_bcp(bundle);
    EXPECT_EQ(bundle.count<BridgeUp>(), 1U);
    EXPECT_EQ(bundle.count(ipcp, CpCode::ConfigureRequest), 0U);
    const LinkState state = handed_over(bundle);
    EXPECT_TRUE(state.bundle && state.bridge);
    Bench second(bridging());
    second.resume(state);
    EXPECT_TRUE(second.outputs.empty());
    second.hear(bcp, CpCode::TerminateRequest, 9, {});
    EXPECT_EQ(second.reason().kind, EndReason::Kind::PeerTerminated);
}

}  // namespace
}  // namespace rtun::ppp
