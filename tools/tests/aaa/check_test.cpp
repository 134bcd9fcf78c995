// SPDX-License-Identifier: GPL-2.0-or-later
//
// Configurations that do not fit together are refused, by object and word.
#include <aaa/pools.h>
#include <aaa/source.h>
#include <aaa/users.h>

#include <tests/aaa/words.h>

namespace rtun::aaa {
namespace {

class Check : public testing::Test {
protected:
    config::Config config;
};

TEST_F(Check, AnEmptyConfigurationIsSound) {
    EXPECT_TRUE(Users::check(config));
    EXPECT_TRUE(Pools::check(config));
}

TEST_F(Check, ASecretsProfileHasToBeThere) {
    config.secrets.push_back(secret("jack"));
    config.secrets[0].profile = "gold";
    refused(Users::check(config),
            "secret \"jack\": profile \"gold\" is wrong: there is no such profile");
    config.profiles.push_back(profile("gold"));
    EXPECT_TRUE(Users::check(config));
    config.secrets[0].profile = "default";
    EXPECT_TRUE(Users::check(config)) << "built in";
}

TEST_F(Check, PoolsThatAreNamedHaveToBeThere) {
    config.secrets.push_back(secret("jack"));
    config.secrets[0].remote_address = from("ppp");
    refused(Users::check(config),
            "secret \"jack\": remote-address \"ppp\" is wrong: there is no such pool");
    config.pools.push_back(pool("ppp", "10.0.0.2", "10.0.0.9"));
    EXPECT_TRUE(Users::check(config));
    config.secrets[0].local_address = from("near");
    refused(Users::check(config), "secret \"jack\": local-address \"near\" is wrong");
    config.secrets.clear();
    config.profiles.push_back(profile("gold", "near", "ppp"));
    refused(Users::check(config), "profile \"gold\": local-address \"near\" is wrong");
    config.profiles[0].local_address = from("10.0.0.1");
    config.profiles[0].remote_address = from("far");
    refused(Users::check(config), "profile \"gold\": remote-address \"far\" is wrong");
}

TEST_F(Check, NoAddressIsNone) {
    config.profiles.push_back(profile("gold", "0.0.0.0", "10.0.0.2"));
    refused(Users::check(config),
            "profile \"gold\": local-address 0.0.0.0 is wrong: it is no address");
}

TEST_F(Check, TheServersDefaultProfileHasToBeThere) {
    config.pptp_server.default_profile = "gold";
    refused(Users::check(config),
            "server pptp: default-profile \"gold\" is wrong: there is no such profile");
}

TEST_F(Check, NamesAreSingle) {
    config.secrets = {secret("jack"), secret("jill"), secret("jack")};
    refused(Users::check(config), "secret \"jack\": the name is wrong: there are two");
    config.secrets = {};
    config.profiles = {profile("gold"), profile("gold")};
    refused(Users::check(config), "profile \"gold\": the name is wrong: there are two");
    config.profiles = {};
    config.pools = {pool("a", "10.0.0.1", "10.0.0.2"), pool("a", "10.0.1.1", "10.0.1.2")};
    refused(Pools::check(config), "pool \"a\": the name is wrong: there are two");
}

TEST_F(Check, AUserHasAPassword) {
    config.secrets.push_back(secret("jack", ""));
    refused(Users::check(config), "secret \"jack\": password is wrong: there is none");
    config.secrets[0].password_file = "/etc/rtun/jack.pw";
    EXPECT_TRUE(Users::check(config)) << "the file may come later";
}

TEST_F(Check, AUserHasOneInterfaceOfAService) {
    config.interfaces = {interface_of("pptp-in1", "jack"), interface_of("pptp-in2", "jack")};
    refused(
        Users::check(config),
        "interface \"pptp-in2\": user \"jack\" is wrong: it has interface \"pptp-in1\" already");
    config.interfaces[1].service = config::Service::L2tp;
    EXPECT_TRUE(Users::check(config));
    config.interfaces[1].service = config::Service::Any;
    EXPECT_FALSE(Users::check(config));
    config.interfaces[1].enabled = false;
    EXPECT_TRUE(Users::check(config));
}

TEST_F(Check, InterfacesShareTheirNamesWithClientsAndPseudowires) {
    config.interfaces = {interface_of("office", "jack"), interface_of("office", "jill")};
    refused(Users::check(config),
            "interface \"office\": the name is wrong: another interface has it");
    config.interfaces.pop_back();
    config.clients.emplace_back().name = "office";
    refused(Users::check(config), "a client has it");
    config.clients.clear();
    config.pseudowires.emplace_back().name = "office";
    refused(Users::check(config), "a pseudowire has it");
}

TEST_F(Check, AnInterfaceMayWaitForItsUser) {
    config.interfaces = {interface_of("pptp-in1", "jack")};
    EXPECT_TRUE(Users::check(config));
    config.interfaces[0].user.clear();
    refused(Users::check(config), "interface \"pptp-in1\": user is wrong: there is none");
}

TEST_F(Check, ARangeBeginsWithItsFirstAddress) {
    config.pools = {pool("ppp", "10.0.0.9", "10.0.0.2")};
    refused(Pools::check(config), "pool \"ppp\": ranges 10.0.0.9-10.0.0.2 is wrong: the last "
                                  "address comes before the first");
}

TEST_F(Check, APoolHasAddresses) {
    config.pools = {pool("ppp", "10.0.0.1", "10.0.0.1")};
    EXPECT_TRUE(Pools::check(config));
    config.pools[0].ranges.clear();
    refused(Pools::check(config), "pool \"ppp\": ranges is wrong: there is no address in it");
}

TEST_F(Check, APoolIsNotTooLarge) {
    config.pools = {pool("ppp", "10.0.0.0", "10.255.255.255")};
    EXPECT_TRUE(Pools::check(config));
    config.pools[0].ranges.push_back({ip("11.0.0.0"), ip("11.0.0.0")});
    refused(Pools::check(config), "they have 16777217 addresses, at most 16777216 are allowed");
}

TEST_F(Check, APoolHasAddressesThatHostsCanHaveOnly) {
    for (const auto &[first, last] :
         {std::pair("0.0.0.0", "0.0.0.9"), std::pair("126.255.255.255", "127.0.0.0"),
          std::pair("223.255.255.255", "224.0.0.0"),
          std::pair("255.255.255.255", "255.255.255.255"), std::pair("9.0.0.0", "200.0.0.0")}) {
        config.pools = {pool("ppp", first, last)};
        refused(Pools::check(config), "there are addresses in it that no host can have");
    }
}

TEST_F(Check, PoolsDoNotOverlap) {
    config.pools = {pool("a", "10.0.0.2", "10.0.0.99"), pool("b", "10.0.0.99", "10.0.0.120")};
    refused(Pools::check(config), "pool \"b\": ranges 10.0.0.99-10.0.0.120 is wrong: it overlaps "
                                  "with 10.0.0.2-10.0.0.99 of pool \"a\"");
    config.pools[1].ranges[0].first = ip("10.0.0.100");
    EXPECT_TRUE(Pools::check(config));
    config.pools = {pool("a", "10.0.0.0", "10.0.255.255"), pool("b", "10.0.3.1", "10.0.3.1")};
    EXPECT_FALSE(Pools::check(config)) << "one within another";
    config.pools.pop_back();
    config.pools[0].ranges.push_back({ip("10.0.7.7"), ip("10.0.7.7")});
    refused(Pools::check(config), "overlaps with 10.0.0.0-10.0.255.255 of pool \"a\"");
}

TEST_F(Check, TheNextPoolHasToBeThere) {
    config.pools = {pool("a", "10.0.0.1", "10.0.0.1", "b")};
    refused(Pools::check(config), "pool \"a\": next-pool \"b\" is wrong: there is no such pool");
}

TEST_F(Check, NextPoolsLeadBackToNoneOfThem) {
    config.pools = {pool("a", "10.0.0.1", "10.0.0.1", "a")};
    refused(Pools::check(config), "pool \"a\": next-pool \"a\" is wrong: it leads back");
    config.pools = {pool("a", "10.0.0.1", "10.0.0.1", "b"), pool("b", "10.0.0.2", "10.0.0.2", "c"),
                    pool("c", "10.0.0.3", "10.0.0.3")};
    EXPECT_TRUE(Pools::check(config));
    config.pools[2].next_pool = "b";
    refused(Pools::check(config), "pool \"b\": next-pool \"c\" is wrong: it leads back");
}

TEST(Sources, AreAllowedByPrefixes) {
    EXPECT_TRUE(allowed({}, ip("192.0.2.1"))) << "no filter";
    const std::vector<config::Prefix> prefixes{{ip("192.0.2.0"), 24}, {ip("10.1.2.3"), 32}};
    EXPECT_TRUE(allowed(prefixes, ip("192.0.2.0")));
    EXPECT_TRUE(allowed(prefixes, ip("192.0.2.255")));
    EXPECT_FALSE(allowed(prefixes, ip("192.0.3.0")));
    EXPECT_TRUE(allowed(prefixes, ip("10.1.2.3")));
    EXPECT_FALSE(allowed(prefixes, ip("10.1.2.2")));
    EXPECT_TRUE(allowed({{ip("0.0.0.0"), 0}}, ip("255.255.255.255")));
    EXPECT_TRUE(allowed({{ip("128.0.0.0"), 1}}, ip("200.0.0.1")));
    EXPECT_FALSE(allowed({{ip("128.0.0.0"), 1}}, ip("100.0.0.1")));
    EXPECT_FALSE(allowed({{ip("128.0.0.0"), 33}}, ip("128.0.0.0")));
}

}  // namespace
}  // namespace rtun::aaa
