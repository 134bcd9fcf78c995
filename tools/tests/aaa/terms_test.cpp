// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a session is given: REQUIREMENTS' rules of precedence, one by one.
#include <aaa/users.h>

#include <tests/aaa/words.h>

namespace rtun::aaa {
namespace {

using config::AddressSource;
using config::Profile;
using config::Toggle;
using UseEncryption = Profile::UseEncryption;

// One user, "jack", with the profile "office"; the service's default profile is "standard".
class Precedence : public testing::Test {
protected:
    Precedence() {
        config.secrets.push_back(secret("jack"));
        config.secrets[0].profile = "office";
        config.profiles = {profile("office"), profile("standard", "10.0.0.1", "10.0.0.2")};
    }
    config::Secret &jack() { return config.secrets[0]; }
    Profile &office() { return config.profiles[0]; }
    Profile &standard() { return config.profiles[1]; }
    Terms terms() {
        Users users;
        users.load(config);
        const auto terms = users.terms("jack", "standard");
        if (!terms) {
            ADD_FAILURE() << terms.error().text;
            return {};
        }
        return *terms;
    }
    base::Error refusal(std::string_view user = "jack", std::string_view standard = "standard") {
        Users users;
        users.load(config);
        const auto terms = users.terms(user, standard);
        if (terms) {
            ADD_FAILURE() << "not refused";
            return {};
        }
        return terms.error();
    }
    config::Config config;
};

TEST_F(Precedence, TheDefaultProfileGivesWhatNobodyElseDoes) {
    EXPECT_EQ(terms().local_address, from("10.0.0.1"));
    EXPECT_EQ(terms().remote_address, from("10.0.0.2"));
    EXPECT_EQ(terms().profile, "office");
    jack().profile.clear();
    EXPECT_EQ(terms().profile, "standard");
    EXPECT_EQ(terms().remote_address, from("10.0.0.2"));
}

TEST_F(Precedence, TheUsersProfileGoesBeforeTheDefaultProfile) {
    office().remote_address = from("10.1.0.2");
    EXPECT_EQ(terms().remote_address, from("10.1.0.2"));
    EXPECT_EQ(terms().local_address, from("10.0.0.1"));
}

TEST_F(Precedence, TheUsersRecordGoesBeforeItsProfile) {
    office().remote_address = from("10.1.0.2");
    jack().remote_address = from("10.2.0.2");
    EXPECT_EQ(terms().remote_address, from("10.2.0.2"));
}

TEST_F(Precedence, AnAddressBeatsAPoolWhereverTheyStand) {
    jack().remote_address = from("ppp");
    office().remote_address = from("10.1.0.2");
    EXPECT_EQ(terms().remote_address, from("10.1.0.2"));
    office().remote_address = {};
    EXPECT_EQ(terms().remote_address, from("10.0.0.2"));
    standard().remote_address = from("other");
    EXPECT_EQ(terms().remote_address, from("ppp"));
    jack().remote_address = {};
    EXPECT_EQ(terms().remote_address, from("other"));
    office().remote_address = from("ppp");
    EXPECT_EQ(terms().remote_address, from("ppp"));
}

TEST_F(Precedence, LocalAndRemoteAddressAreDecidedEachForItself) {
    jack().local_address = from("10.2.0.1");
    office().remote_address = from("ppp");
    standard().remote_address = {};
    EXPECT_EQ(terms().local_address, from("10.2.0.1"));
    EXPECT_EQ(terms().remote_address, from("ppp"));
}

TEST_F(Precedence, WhatIsMissingIsNamed) {
    standard().remote_address = {};
    EXPECT_EQ(refusal().text,
              "profile \"office\" and default-profile \"standard\" give no remote-address");
    jack().profile.clear();
    EXPECT_EQ(refusal().text, "profile \"standard\" gives no remote-address");
    standard().remote_address = from("10.0.0.2");
    standard().local_address = {};
    EXPECT_EQ(refusal().text, "profile \"standard\" gives no local-address");
}

TEST_F(Precedence, WhoIsNotThereHasNoTerms) {
    EXPECT_EQ(refusal("jill").code, base::ErrorCode::NotFound);
    EXPECT_EQ(refusal("jill").text, "there is no user \"jill\"");
    jack().enabled = false;
    EXPECT_EQ(refusal().code, base::ErrorCode::NotFound);
    EXPECT_EQ(refusal().text, "user \"jack\" is disabled");
    jack().enabled = true;
    EXPECT_EQ(refusal("jack", "gone").text, "there is no profile \"gone\"");
    jack().profile = "gone";
    EXPECT_EQ(refusal().text, "there is no profile \"gone\"");
}

TEST_F(Precedence, UseEncryptionIsNoIfNobodySaysAnything) {
    EXPECT_EQ(terms().use_encryption, UseEncryption::No);
    standard().use_encryption = UseEncryption::Require;
    EXPECT_EQ(terms().use_encryption, UseEncryption::Require);
    office().use_encryption = UseEncryption::Yes;
    EXPECT_EQ(terms().use_encryption, UseEncryption::Yes);
    office().use_encryption = UseEncryption::No;
    EXPECT_EQ(terms().use_encryption, UseEncryption::No);
}

TEST_F(Precedence, WhatIsToggledHasItsDefaults) {
    EXPECT_FALSE(terms().only_one);
    EXPECT_FALSE(terms().use_ipv6);
    EXPECT_TRUE(terms().change_tcp_mss);
}

TEST_F(Precedence, ATogglesDefaultLeavesItToTheProfileBelow) {
    standard().only_one = Toggle::Yes;
    standard().use_ipv6 = Toggle::Yes;
    standard().change_tcp_mss = Toggle::No;
    EXPECT_TRUE(terms().only_one);
    EXPECT_TRUE(terms().use_ipv6);
    EXPECT_FALSE(terms().change_tcp_mss);
    office().only_one = Toggle::No;
    office().use_ipv6 = Toggle::No;
    office().change_tcp_mss = Toggle::Yes;
    EXPECT_FALSE(terms().only_one);
    EXPECT_FALSE(terms().use_ipv6);
    EXPECT_TRUE(terms().change_tcp_mss);
}

TEST_F(Precedence, OfLinksTheUsersRecordSaysHowMany) {
    EXPECT_EQ(terms().max_links, 0U) << "as the server says";
    standard().max_links = 8;
    EXPECT_EQ(terms().max_links, 8U);
    jack().max_links = 2;
    EXPECT_EQ(terms().max_links, 2U);
}

TEST_F(Precedence, AllElseIsOfTheFirstProfileThatSaysAnything) {
    standard().dns_server = {ip("10.0.0.53")};
    standard().wins_server = {ip("10.0.0.54")};
    standard().session_timeout = std::chrono::hours(1);
    standard().idle_timeout = std::chrono::minutes(1);
    standard().rate_limit.rx.rate = 1000000;
    standard().address_list = "guests";
    standard().interface_group = 5;
    standard().proxy_arp = true;
    standard().on_up = "/etc/rtun/up";
    standard().on_down = "/etc/rtun/down";
    Terms got = terms();
    EXPECT_EQ(got.dns_server, standard().dns_server);
    EXPECT_EQ(got.wins_server, standard().wins_server);
    EXPECT_EQ(got.session_timeout, std::chrono::hours(1));
    EXPECT_EQ(got.idle_timeout, std::chrono::minutes(1));
    EXPECT_EQ(got.rate_limit, standard().rate_limit);
    EXPECT_EQ(got.address_list, "guests");
    EXPECT_EQ(got.interface_group, 5U);
    EXPECT_TRUE(got.proxy_arp);
    EXPECT_EQ(got.on_up, "/etc/rtun/up");
    EXPECT_EQ(got.on_down, "/etc/rtun/down");

    office().dns_server = {ip("10.1.0.53"), ip("10.1.0.54")};
    office().session_timeout = std::chrono::hours(2);
    office().rate_limit.tx.rate = 2000000;
    office().address_list = "staff";
    got = terms();
    EXPECT_EQ(got.dns_server, office().dns_server);
    EXPECT_EQ(got.wins_server, standard().wins_server);
    EXPECT_EQ(got.session_timeout, std::chrono::hours(2));
    EXPECT_EQ(got.rate_limit, office().rate_limit) << "a rate limit is one thing";
    EXPECT_EQ(got.address_list, "staff");
}

TEST_F(Precedence, RoutesAreTheUsersOwn) {
    jack().routes = {{{ip("10.150.1.0"), 24}, ip("10.0.103.2"), 1}};
    EXPECT_EQ(terms().routes, jack().routes);
}

TEST_F(Precedence, TwoProfilesAreBuiltIn) {
    ASSERT_EQ(built_in_profiles().size(), 2U);
    jack().remote_address = from("10.2.0.2");
    jack().local_address = from("10.2.0.1");
    Users users;
    users.load(config);
    jack().profile = "default";
    users.load(config);
    EXPECT_EQ(users.terms("jack", "default").value().use_encryption, UseEncryption::No);
    EXPECT_EQ(users.terms("jack", "default-encryption").value().use_encryption, UseEncryption::Yes);
    EXPECT_EQ(users.terms("jack", "default-encryption").value().profile, "default");
}

TEST_F(Precedence, ABuiltInProfileThatWasChangedIsTheChangedOne) {
    config.profiles.push_back(profile("default-encryption", "10.9.0.1", "10.9.0.2"));
    jack().profile.clear();
    Users users;
    users.load(config);
    EXPECT_EQ(users.terms("jack", "default-encryption").value().remote_address, from("10.9.0.2"));
}

TEST_F(Precedence, APortOfABridgeNeedsNoAddressAndHasNothingThatIsForOne) {
    office().bridge = "lan";
    office().bridge_path_cost = 7;
    standard().bridge_horizon = 1;
    standard().local_address = standard().remote_address = {};
    standard().proxy_arp = true;
    standard().address_list = "staff";
    standard().use_ipv6 = Toggle::Yes;
    jack().routes.emplace_back();
    const Terms given = terms();
    EXPECT_EQ(given.port, (config::BridgePort{.bridge = "lan", .horizon = 1, .path_cost = 7}));
    EXPECT_FALSE(given.proxy_arp);
    EXPECT_FALSE(given.use_ipv6);
    EXPECT_FALSE(given.change_tcp_mss);
    EXPECT_EQ(given.address_list, "");
    EXPECT_TRUE(given.routes.empty());
    office().bridge.clear();
    EXPECT_EQ(refusal().code, base::ErrorCode::Invalid);
}

}  // namespace
}  // namespace rtun::aaa
