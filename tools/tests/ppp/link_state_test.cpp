// SPDX-License-Identifier: GPL-2.0-or-later
//
// The text that a link is handed over in: what it looks like, that nothing is lost, that it fits,
// and that no text whatever does harm.
#include <ppp/link_state.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rtun::ppp {
namespace {

using base::Bytes;
using testing::HasSubstr;

LinkState full() {
    LinkState state;
    state.lcp.mtu = 1396;
    state.lcp.mru = 1450;
    state.lcp.magic = 0x5e0a31c7;
    state.lcp.pfc_rx = true;
    state.lcp.pfc_tx = true;
    state.lcp.acfc_tx = true;
    state.lcp.method = auth::Method::Chap;
    state.peer_mru = 1400;
    state.authenticated = auth::Method::Chap;
    state.peer_authenticated = auth::Method::MsChap2;
    state.user = "DOMAIN\\jack";
    state.encryption_send = MppeMode{MppeStrength::Bits128, MppeState::Stateless};
    state.encryption_receive = MppeMode{MppeStrength::Bits40, MppeState::Stateful};
    state.ipv4 = Ipv4Up{{0x0a000001}, {0x0a000002}, {{0x08080808}, {0x08080404}}};
    state.ipv6 = Ipv6Up{1, 0xfedcba9876543210};
    Grant grant;
    grant.local_address = {0x0a000001};
    grant.remote_address = {0x0a000002};
    grant.serve_dns = {{0x01010101}};
    grant.serve_wins = {{0x0a000005}, {0x0a000006}};
    grant.encryption = Encryption::Required;
    grant.mppe.add(MppeStrength::Bits40);
    grant.mppe_stateful = StatefulMppe::Yes;
    grant.ipv6 = true;
    grant.remote_interface_id = 2;
    state.granted = grant;
    return state;
}

const std::string full_text = "ppp 1\n"
                              "lcp mtu 1396 mru 1450 peer-mru 1400 magic 5e0a31c7 pfc-rx pfc-tx "
                              "acfc-tx\n"
                              "self chap\n"
                              "peer mschap2\n"
                              "user DOMAIN\\jack\n"
                              "send 128 stateless\n"
                              "receive 40 stateful\n"
                              "ipv4 10.0.0.1 10.0.0.2 8.8.8.8 8.8.4.4\n"
                              "ipv6 1 fedcba9876543210\n"
                              "grant 10.0.0.1 10.0.0.2 required 128,40 stateful\n"
                              "grant-dns 1.1.1.1\n"
                              "grant-wins 10.0.0.5 10.0.0.6\n"
                              "grant-ipv6 0 2\n";

const std::string least =
    "ppp 1\nlcp mtu 1450 mru 1450 peer-mru 1500 magic 0\nipv4 10.0.0.1 0.0.0.0\n";

constexpr std::string_view nothing_carried = "the lines lcp, and ipv4 or bridge, have to be there";

std::string error_of(const std::string &text) {
    const auto state = decode_link_state(text);
    return state ? "none" : state.error().text;
}

TEST(LinkState, IsALineAValue) { EXPECT_EQ(encode(full()), full_text); }

TEST(LinkState, IsReadAsItWasWritten) {
    const auto state = decode_link_state(full_text);
    ASSERT_TRUE(state.has_value()) << state.error().text;
    EXPECT_EQ(encode(*state), full_text);
    EXPECT_EQ(state->lcp.method, auth::Method::Chap);
    EXPECT_EQ(state->peer_mru, 1400);
    EXPECT_EQ(state->user, "DOMAIN\\jack");
    ASSERT_TRUE(state->granted && state->ipv6 && state->encryption_receive);
    EXPECT_EQ(state->encryption_receive->state, MppeState::Stateful);
    EXPECT_EQ(state->granted->serve_wins.size(), 2U);
    EXPECT_TRUE(state->granted->ipv6);
    EXPECT_TRUE(state->granted->mppe.has(MppeStrength::Bits40));
    EXPECT_FALSE(state->granted->mppe.has(MppeStrength::Bits56));
}

TEST(LinkState, StatefulModeAloneIsAWordOfItsOwn) {
    for (const StatefulMppe stateful : {StatefulMppe::No, StatefulMppe::Yes, StatefulMppe::Only}) {
        LinkState state = full();
        state.granted->mppe_stateful = stateful;
        const auto again = decode_link_state(encode(state));
        ASSERT_TRUE(again.has_value() && again->granted);
        EXPECT_EQ(again->granted->mppe_stateful, stateful);
    }
}

TEST(LinkState, WhatIsNotThereIsLeftOut) {
    const auto state = decode_link_state(least);
    ASSERT_TRUE(state.has_value()) << state.error().text;
    EXPECT_EQ(encode(*state), least);
    EXPECT_FALSE(state->authenticated || state->peer_authenticated || state->granted ||
                 state->ipv6 || state->encryption_send || state->encryption_receive);
}

TEST(LinkState, UserNamesOfAnyOctetsSurvive) {
    for (const std::string &user :
         {std::string("jack"), std::string(" jack "), std::string("j\nck"), std::string("\0", 1),
          std::string("j\xc3\xa4"
                      "ck"),
          std::string(255, 'x'), std::string(255, '\xff')}) {
        LinkState state = full();
        state.user = user;
        const auto again = decode_link_state(encode(state));
        ASSERT_TRUE(again.has_value()) << user;
        EXPECT_EQ(again->user, user);
    }
}

const std::string member = "ppp 1\n"
                           "lcp mtu 1450 mru 1450 peer-mru 1500 magic 5e0a31c7\n"
                           "multilink mrru 1600 peer-mrru 1614 short-rx short-tx classes-rx 4 "
                           "classes-tx 2 peer 3 00005e100001\n"
                           "peer mschap2\n"
                           "user jack\n";
const std::string bundle = "ppp 1\n"
                           "lcp mtu 1450 mru 1600 peer-mru 1614 magic 0 pfc-rx acfc-tx bundle\n"
                           "multilink mrru 1600 peer-mrru 1614\n"
                           "ipv4 10.0.0.1 10.0.0.2\n";

TEST(LinkState, OfALinkOfABundleHasNoNetworks) {
    const auto state = decode_link_state(member);
    ASSERT_TRUE(state.has_value()) << state.error().text;
    EXPECT_EQ(encode(*state), member);
    EXPECT_FALSE(state->bundle);
    ASSERT_TRUE(state->lcp.multilink);
    EXPECT_EQ(state->lcp.multilink->text(),
              "mrru 1600 peer-mrru 1614 short-sequence rx tx multi-class rx 4 tx 2 "
              "endpoint-discriminator mac 00:00:5e:10:00:01");
    for (const char *line : {"ipv4 10.0.0.1 10.0.0.2", "ipv6 1 2", "send 128 stateless",
                             "receive 128 stateless", "bridge send receive"})
        EXPECT_EQ(error_of(member + line + "\n"), "a link of a bundle has no networks");
}

TEST(LinkState, OfABundleIsOneThatAProgramBeforeItRefuses) {
    const auto state = decode_link_state(bundle);
    ASSERT_TRUE(state.has_value()) << state.error().text;
    EXPECT_EQ(encode(*state), bundle);
    EXPECT_TRUE(state->bundle);
    EXPECT_EQ(error_of("ppp 1\nlcp mtu 1450 bundle\nipv4 10.0.0.1 10.0.0.2\n"),
              "a bundle has a line multilink");
    EXPECT_EQ(error_of(bundle.substr(0, bundle.find("ipv4"))), nothing_carried);
}

const std::string bridging = "ppp 1\n"
                             "lcp mtu 1600 mru 1600 peer-mru 1600 magic 5e0a31c7\n"
                             "bridge send ethernet tagged receive ethernet tinygram management "
                             "local 02:00:5e:10:00:01 remote 4c:5e:0c:10:00:02\n"
                             "grant 0.0.0.0 0.0.0.0 no 128,40\n"
                             "grant-bridge 02:00:5e:10:00:01\n";

TEST(LinkState, OfALinkThatBridgesNeedsNoIpv4) {
    const auto state = decode_link_state(bridging);
    ASSERT_TRUE(state.has_value()) << state.error().text;
    EXPECT_EQ(encode(*state), bridging);
    EXPECT_FALSE(state->ipv4);
    ASSERT_TRUE(state->bridge && state->granted && state->granted->bridge);
    EXPECT_EQ(state->bridge->send, (BridgeDirection{.ethernet = true, .tagged = true}));
    EXPECT_EQ(state->bridge->receive,
              (BridgeDirection{.ethernet = true, .tinygram = true, .management_inline = true}));
    EXPECT_EQ(state->bridge->local, state->granted->bridge->mac);
    EXPECT_EQ(state->bridge->remote.text(), "4c:5e:0c:10:00:02");
    for (const char *line : {"bridge", "bridge ethernet", "bridge receive", "bridge send x",
                             "bridge send receive local", "bridge send receive remote 1"}) {
        EXPECT_THAT(error_of(std::string("ppp 1\n") + line + "\n"), testing::StartsWith("line 2: "))
            << line;
    }
    EXPECT_EQ(encode(*decode_link_state(least + "bridge send receive\n")),
              least + "bridge send receive\n");
}

TEST(LinkState, AlwaysFits) {
    LinkState state = full();
    state.user = std::string(255, '\xff');
    state.lcp = {65535, 65535, 0xffffffff, true, true, true, auth::Method::MsChap2};
    state.peer_mru = 65535;
    state.authenticated = auth::Method::MsChap2;
    const base::Ipv4 longest{0xdfdfdfdf};
    state.encryption_receive = state.encryption_send;
    state.ipv4 = Ipv4Up{longest, longest, {longest, longest, longest}};
    state.ipv6 = Ipv6Up{~std::uint64_t{0}, ~std::uint64_t{1}};
    Grant &grant = *state.granted;
    grant.local_address = grant.remote_address = longest;
    grant.serve_dns = grant.serve_wins = {longest, longest, longest};
    grant.mppe.add(MppeStrength::Bits56);
    grant.local_interface_id = grant.remote_interface_id = ~std::uint64_t{0};
    const base::Mac mac{{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff}};
    state.bridge = BridgeUp{{true, true, true, true}, {true, true, true, true}, mac, mac};
    grant.bridge = BridgeOptions{mac};
    const Bytes address(Discriminator::longest, 0xff);
    state.bundle = true;
    state.lcp.multilink =
        MultilinkAgreed{65535,
                        65535,
                        true,
                        true,
                        16,
                        16,
                        Discriminator::make(static_cast<Discriminator::Class>(255), address)};
    const std::string text = encode(state);
    EXPECT_LE(text.size(), MaxLinkState);
    EXPECT_TRUE(decode_link_state(text).has_value());
}

TEST(LinkState, PassesOverLinesOfALaterVersion) {
    const auto state = decode_link_state(least + "mrru 1600 of whatever\n\nbap\n");
    ASSERT_TRUE(state.has_value()) << state.error().text;
    EXPECT_EQ(encode(*state), least);
}

TEST(LinkState, NamesTheLineThatMakesNoSense) {
    EXPECT_EQ(error_of(""), nothing_carried);
    EXPECT_EQ(error_of("ppp 2\n"), "line 1: not a PPP link of a version that is known");
    EXPECT_EQ(error_of("ppp 1\nlcp mtu 1450"), "line 2: cut short");
    EXPECT_EQ(error_of("ppp 1\nipv4 10.0.0.1 10.0.0.2\n"), nothing_carried);
    for (const char *line : {"self",
                             "self none",
                             "self chap pap",
                             "peer MSCHAP2",
                             "user-hex 6",
                             "user-hex 6g",
                             "user-hex 61 62",
                             "user j\xffk",
                             "send",
                             "send 128",
                             "send 128 maybe",
                             "send 64 stateless",
                             "send 128,40 stateless",
                             "send auto stateless x",
                             "receive 128 stateless stateful",
                             "ipv6 1",
                             "ipv6 0 1",
                             "ipv6 1 1",
                             "ipv6 1 12345678123456781",
                             "ipv6 -1 2",
                             "grant",
                             "grant 10.0.0.1 10.0.0.2",
                             "grant 10.0.0.1 10.0.0.2 perhaps",
                             "grant 10.0.0.1 10.0.0.2 no 64",
                             "grant 10.0.0 10.0.0.2 no",
                             "grant-dns 1.1.1.1",
                             "grant-wins 1.1.1.1",
                             "grant-ipv6 1 2",
                             "grant-bridge 02:00:5e:10:00:01"}) {
        EXPECT_THAT(error_of(least + line + "\n"), testing::StartsWith("line 4: ")) << line;
    }
    for (const char *line :
         {"multilink mrru", "multilink mrru 0", "multilink mrru 65536", "multilink peer-mrru 0",
          "multilink classes-rx 17", "multilink classes-tx 256", "multilink classes-tx -1",
          "multilink short", "multilink peer", "multilink peer 1", "multilink peer 1 ",
          "multilink peer 0 ", "multilink peer 3 00", "multilink peer 256 00", "multilink peer 1 0",
          "multilink peer 1 0g", "multilink peer 1 000000000000000000000000000000000000000000"}) {
        EXPECT_THAT(error_of(std::string("ppp 1\n") + line + "\n"), testing::StartsWith("line 2: "))
            << line;
    }
    for (const char *line :
         {"lcp mtu", "lcp mtu 65536", "lcp mtu 1x", "lcp mtu  1", "lcp magic 100000000", "lcp what",
          "lcp mtu -1", "ipv4", "ipv4 10.0.0.1", "ipv4 0.0.0.0 10.0.0.2",
          "ipv4 10.0.0.1 10.0.0.2 8.8.8.8 8.8.8.8 8.8.8.8"}) {
        EXPECT_THAT(error_of(std::string("ppp 1\n") + line + "\n"), testing::StartsWith("line 2: "))
            << line;
    }
    EXPECT_THAT(error_of(least + "ipv4 10.0.0.1 10.0.0.2\n"), HasSubstr("for the second time"));
    EXPECT_EQ(error_of(least + std::string(4 * MaxLinkState, '\n')), "too long");
    EXPECT_THAT(error_of(least + "user " + std::string(256, 'x') + "\n"), HasSubstr("no sense"));
}

TEST(LinkState, SurvivesEveryTruncationAndEveryChangedOctet) {
    for (const std::string &whole : {full_text, member, bundle, bridging})
        for (std::size_t size = 0; size < whole.size(); ++size) {
            const auto state = decode_link_state(whole.substr(0, size));
            if (state) {
                EXPECT_LE(encode(*state).size(), MaxLinkState);
            }
            for (const char c : {'\0', '\n', ' ', '9', 'z', '\xff'}) {
                std::string text = whole;
                text[size] = c;
                const auto changed = decode_link_state(text);
                if (changed) {
                    EXPECT_TRUE(decode_link_state(encode(*changed)).has_value()) << text;
                }
            }
        }
}

}  // namespace
}  // namespace rtun::ppp
