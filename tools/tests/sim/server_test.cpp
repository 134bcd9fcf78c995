// SPDX-License-Identifier: GPL-2.0-or-later
//
// A client's link and a server's link over a bad network: with each method, with and without
// encryption, one asking or both, guessing, challenged again, and with either program replaced in
// the middle by one that knows only what link_state.h keeps.
#include <tests/sim/links.h>

#include <gtest/gtest.h>

namespace rtun::ppp {
namespace {

using namespace std::chrono_literals;
using auth::Method;
using fake::End;
using fake::Links;
using fake::Network;

auth::MethodSet only(Method method) {
    auth::MethodSet set;
    set.add(method);
    return set;
}

struct Wanted {
    Method method = Method::MsChap2;
    Encryption encryption = Encryption::No;
    bool mutual = false;
    bool ipv6 = false;
};

End server(const Wanted &wanted) {
    End end;
    end.options.require = only(wanted.method);
    end.options.allow = wanted.mutual ? only(wanted.method) : auth::MethodSet{};
    end.options.credentials = {"server", base::Secret("server's own")};
    end.options.passive = 1s;
    end.options.mru = 1400;
    end.options.keepalive = 10s;
    end.passwords = {{"jack", "secret"}};
    end.grant.local_address = {0x0a000001};
    end.grant.remote_address = {0x0a000002};
    end.grant.serve_dns = {{0x08080808}};
    end.grant.encryption = wanted.encryption;
    end.grant.ipv6 = wanted.ipv6;
    return end;
}

End client(const Wanted &wanted, std::string_view password = "secret") {
    End end;
    end.options.credentials = {"jack", base::Secret(password)};
    end.options.request_dns = true;
    end.options.keepalive = 10s;
    end.options.encryption = wanted.encryption;
    end.options.ipv6 = wanted.ipv6;
    if (wanted.mutual) {
        end.options.require = only(wanted.method);
        end.passwords = {{"server", "server's own"}};
        end.grant.encryption = wanted.encryption;
        end.grant.ipv6 = wanted.ipv6;
    }
    return end;
}

Network::Quality quality_of(std::uint64_t seed, unsigned most_lost) {
    fake::FakeRandom dice(seed * 7919);
    Network::Quality quality;
    quality.lost = dice.below(most_lost + 1);
    quality.doubled = dice.below(21);
    quality.jitter = std::chrono::milliseconds(dice.below(1500));
    return quality;
}

void expect_served(Links &links, const Wanted &wanted) {
    links.expect_agreement();
    EXPECT_EQ(links.at(0).ipv4->local.text(), "10.0.0.1");
    EXPECT_EQ(links.at(1).ipv4->local.text(), "10.0.0.2");
    EXPECT_EQ(links.at(0).user, "jack");
    EXPECT_EQ(links.at(1).user, wanted.mutual ? "server" : "");
    EXPECT_EQ(links.at(0).encryption.has_value(), wanted.encryption != Encryption::No);
    for (const int side : {0, 1})
        EXPECT_EQ(links.at(side).ipv6.has_value(), wanted.ipv6);
    ASSERT_EQ(links.at(1).ipv4->dns.size(), 1U);
    EXPECT_EQ(links.at(1).ipv4->dns[0].text(), "8.8.8.8");
}

std::vector<Wanted> everything() {
    std::vector<Wanted> all;
    for (const auth::MethodInfo &row : auth::methods())
        for (const bool mutual : {false, true}) {
            all.push_back({row.method, Encryption::No, mutual, false});
            if (row.keys)
                for (const auto encryption : {Encryption::Auto, Encryption::Required})
                    all.push_back({row.method, encryption, mutual, true});
        }
    return all;
}

class SimServer : public testing::TestWithParam<Wanted> {};
INSTANTIATE_TEST_SUITE_P(Each, SimServer, testing::ValuesIn(everything()), [](const auto &test) {
    const Wanted &wanted = test.param;
    return std::string(auth::info(wanted.method).name) +
           (wanted.encryption == Encryption::No     ? "_clear"
            : wanted.encryption == Encryption::Auto ? "_auto"
                                                    : "_required") +
           (wanted.mutual ? "_mutual" : "");
});

TEST_P(SimServer, OnAGoodNetworkComesUpInAFewFrames) {
    Links links(1, {}, server(GetParam()), client(GetParam()));
    links.open();
    links.run(1s);
    ASSERT_TRUE(links.both_up());
    expect_served(links, GetParam());
    EXPECT_LE(links.network.sent(), 36U);
    EXPECT_EQ(links.at(0).verifies, 1U);
}

TEST_P(SimServer, WithModestLossEverybodyComesUpAndStays) {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        End one = server(GetParam());
        End two = client(GetParam());
        one.options.keepalive = two.options.keepalive = 60s;
        Links links(seed, {.lost = 8, .doubled = 5, .jitter = 20ms}, one, two);
        links.open();
        links.run(3min);
        if (testing::Test::HasFatalFailure())
            return;
        links.network.set({});
        links.run(10min);
        ASSERT_TRUE(links.both_up()) << (links.at(0).ended ? links.at(0).ended->text : "")
                                     << (links.at(1).ended ? links.at(1).ended->text : "");
        if (GetParam().encryption != Encryption::Auto)
            expect_served(links, GetParam());
        else
            links.expect_agreement();
    }
}

TEST_P(SimServer, OnABadNetworkBothComeUpOrBothEnd) {
    unsigned up = 0;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Links links(seed, quality_of(seed, 50), server(GetParam()), client(GetParam()));
        links.open();
        links.run(2min);
        links.network.set({});
        links.run(2min);
        if (testing::Test::HasFatalFailure())
            return;
        if (links.both_up()) {
            ++up;
            links.expect_agreement();
        } else {
            EXPECT_TRUE(links.both_ended());
        }
        EXPECT_LT(links.network.sent(), 2000U);
        if (testing::Test::HasFailure())
            return;
    }
    EXPECT_GT(up, 30U);
}

TEST_P(SimServer, WithAWrongPasswordNobodyIsEverLetIn) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Links links(seed, quality_of(seed, 30), server(GetParam()), client(GetParam(), "guess"));
        links.open();
        links.run(5min);
        if (testing::Test::HasFatalFailure())
            return;
        EXPECT_TRUE(links.both_ended());
        EXPECT_EQ(links.at(0).peers, 0U);
        EXPECT_EQ(links.at(0).ups, 0U);
        EXPECT_EQ(links.at(1).ups, 0U);
        EXPECT_LE(links.at(0).verifies, 10U);
    }
}

// Either program is replaced by another at any time, again and again; the peer does not notice.
TEST_P(SimServer, EitherEndMayBeTakenOverAtAnyTime) {
    unsigned taken = 0;
    for (std::uint64_t seed = 1; seed <= 70; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        fake::FakeRandom dice(seed * 31);
        End one = server(GetParam());
        one.options.authenticator.rechallenge = 20s;
        Links links(seed, {.lost = 3, .doubled = 3, .jitter = 20ms}, one, client(GetParam()));
        links.open();
        for (int i = 0; i < 30; ++i) {
            links.run(std::chrono::milliseconds(dice.below(10000)));
            taken += links.take_over(dice.below(2) == 0 ? 0 : 1) ? 1 : 0;
        }
        links.network.set({});
        links.run(5min);
        if (testing::Test::HasFatalFailure())
            return;
        ASSERT_TRUE(links.both_up()) << (links.at(0).ended ? links.at(0).ended->text : "")
                                     << (links.at(1).ended ? links.at(1).ended->text : "");
        links.expect_agreement();
        if (testing::Test::HasFailure())
            return;
    }
    EXPECT_GT(taken, 1000U);
}

// On a good network nothing is ever negotiated again.
TEST_P(SimServer, ATakeOverIsNotNoticed) {
    End one = server(GetParam());
    one.options.authenticator.rechallenge = 20s;
    Links links(3, {}, one, client(GetParam()));
    links.open();
    links.run(1s);
    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(links.take_over(i % 2));
        links.run(33s);
    }
    ASSERT_TRUE(links.both_up());
    EXPECT_EQ(links.at(0).ups, 1U);
    EXPECT_EQ(links.at(1).ups, 1U);
    EXPECT_EQ(links.at(0).peers, 1U);
    if (GetParam().method != Method::Pap) {
        EXPECT_GT(links.at(0).verifies, 10U) << "challenged again all the time";
    }
    links.close(0);
    links.run(1min);
    EXPECT_TRUE(links.both_ended());
    EXPECT_EQ(links.at(1).ended->kind, EndReason::Kind::PeerTerminated);
}

TEST(SimServerLate, AVerdictThatTakesItsTimeIsWaitedFor) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        End one = server({});
        one.thinks = 5s;
        End two = client({});
        one.options.keepalive = two.options.keepalive = 60s;
        Links links(seed, {.lost = 5, .doubled = 5, .jitter = 20ms}, one, two);
        links.open();
        links.run(5min);
        if (testing::Test::HasFatalFailure())
            return;
        links.network.set({});
        links.run(5min);
        ASSERT_TRUE(links.both_up());
        links.expect_agreement();
    }
}

TEST(SimServerUnlike, EachDirectionHasAMethodOfItsOwnAndTheKeysAreTheCallersOrTheOthers) {
    for (const auth::MethodInfo &there : auth::methods())
        for (const auth::MethodInfo &back : auth::methods()) {
            if (!there.keys && !back.keys)
                continue;
            SCOPED_TRACE(std::string(there.name) + " and " + std::string(back.name));
            const Wanted wanted{there.method, Encryption::Auto, true, false};
            End one = server(wanted);
            End two = client(wanted);
            one.options.allow = auth::MethodSet::all();
            one.grant.encryption = two.grant.encryption = Encryption::Required;
            two.options.require = only(back.method);
            Links links(1, {}, one, two);
            links.open();
            links.run(1s);
            ASSERT_TRUE(links.both_up());
            links.expect_agreement();
            ASSERT_TRUE(links.at(0).encryption);
        }
}

TEST(SimServerMethods, TheTwoFindTheStrongestMethodThatBothHave) {
    for (unsigned bits = 1; bits < 256; ++bits) {
        auth::MethodSet demanded;
        auth::MethodSet allowed;
        for (unsigned i = 0; i < 4; ++i) {
            if ((bits >> i & 1) != 0)
                demanded.add(auth::methods()[i].method);
            if ((bits >> (4 + i) & 1) != 0)
                allowed.add(auth::methods()[i].method);
        }
        if (demanded.empty())
            continue;
        SCOPED_TRACE(demanded.text() + " and " + allowed.text());
        End one = server({});
        End two = client({});
        one.options.require = demanded;
        two.options.allow = allowed;
        Links links(1, {}, one, two);
        links.open();
        links.run(1min);
        bool common = false;
        for (const auth::MethodInfo &row : auth::methods())
            common = common || (demanded.has(row.method) && allowed.has(row.method));
        EXPECT_EQ(links.both_up(), common);
        if (!common) {
            ASSERT_TRUE(links.both_ended());
            EXPECT_EQ(links.at(0).ups, 0U);
        }
    }
}

TEST(SimServerChallenged, APasswordThatChangesEndsTheLinkAtTheNextChallenge) {
    for (const Method method : {Method::Chap, Method::MsChap1, Method::MsChap2}) {
        const Wanted wanted{method, Encryption::No, false, false};
        End one = server(wanted);
        one.options.authenticator.rechallenge = 20s;
        Links links(1, {}, one, client(wanted));
        links.open();
        links.run(90s);
        ASSERT_TRUE(links.both_up());
        EXPECT_EQ(links.at(0).verifies, 5U);
        links.at(0).end.passwords["jack"] = "changed";
        links.run(1min);
        ASSERT_TRUE(links.both_ended());
        EXPECT_EQ(links.at(0).refused, 1U);
        EXPECT_EQ(links.at(0).ended->kind, EndReason::Kind::AuthFailed);
        EXPECT_EQ(links.at(1).ended->kind, EndReason::Kind::AuthFailed);
    }
}

}  // namespace
}  // namespace rtun::ppp
