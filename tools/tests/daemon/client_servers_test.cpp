// SPDX-License-Identifier: GPL-2.0-or-later
//
// Several servers, profiles, name servers, routes that change: what a client does besides one call.
#include <tests/daemon/host.h>

#include <daemon/client_profile.h>
#include <daemon/clients.h>
#include <daemon/name_servers.h>
#include <daemon/route_follower.h>

#include <gmock/gmock.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace rtun::daemon::test {

using base::ErrorCode;
using testing::HasSubstr;
using testing::Not;

const base::Ipv4 First{0xc0000215};   // 192.0.2.21
const base::Ipv4 Second{0xc0000216};  // 192.0.2.22

std::vector<std::string> dialed(const Host &host) {
    std::vector<std::string> all;
    for (const StreamOptions &options : host.world.dialed)
        all.push_back(fmt::format("{}:{}", options.address.text(), options.port));
    return all;
}

TEST(Servers, AreTriedInTurnEachWithAllItsAddresses) {
    Host host;
    host.world.names.emplace("a.example.org", std::vector<base::Ipv4>{First, Second});
    for (const base::Ipv4 address : {First, Second})
        host.world.refusals[address] = {ErrorCode::Unreachable, "connection refused", ECONNREFUSED};
    config::Client settings = office();
    settings.connect_to = "a.example.org:99,no.example.org,192.0.2.10";
    host.world.names.emplace("no.example.org", base::fail(ErrorCode::Unreachable, "no such name"));
    host.dial(settings);
    EXPECT_TRUE(host.client->up());
    EXPECT_EQ(dialed(host),
              (std::vector<std::string>{"192.0.2.21:99", "192.0.2.22:99", "192.0.2.10:1723"}));
    EXPECT_EQ(host.count("client.failed"), 0);
    EXPECT_EQ(host.count("client.server"), 2);
    EXPECT_EQ(host.client->status().server, "192.0.2.10:1723");
}

TEST(Servers, ThatRefuseTheCallAreFollowedByTheNext) {
    Host host;
    fake::FakeKernel elsewhere;  // a server has the frames of its kernel
    fake::FakePptpServer busy(elsewhere);
    busy.call_result = 4;
    host.world.listeners[First] = &busy;
    config::Client settings = office();
    settings.connect_to = "192.0.2.21,192.0.2.10";
    host.dial(settings);
    EXPECT_TRUE(host.client->up());
    EXPECT_EQ(host.client->status().server, "192.0.2.10:1723");
}

TEST(Servers, AreNotAllAskedWithAPasswordThatIsWrong) {
    Host host;
    host.server.password = "another";
    config::Client settings = office();
    settings.connect_to = "192.0.2.10,192.0.2.22";
    host.dial(settings);
    EXPECT_EQ(dialed(host).size(), 1U);
    host.expect_ended(ErrorCode::AuthFailed, Layer::Ppp);
}

TEST(Servers, ThatAllFailAreOneRoundAndThePauseComesAfterIt) {
    Host host;
    host.world.listeners.clear();
    for (const base::Ipv4 address : {First, Second})
        host.world.refusals[address] = {ErrorCode::Unreachable, "connection refused", ECONNREFUSED};
    config::Client settings = office();
    settings.connect_to = "192.0.2.21,192.0.2.22";
    host.dial(settings, Reconnect::Yes);
    EXPECT_EQ(dialed(host).size(), 2U);
    EXPECT_EQ(host.said("client.failed"),
              "192.0.2.21: connection refused; 192.0.2.22: connection refused");
    EXPECT_EQ(host.client->status().attempts, 1U);
    host.world.advance(10min);
    EXPECT_GE(dialed(host).size(), 24U);
    EXPECT_LE(dialed(host).size(), 38U);
    EXPECT_EQ(dialed(host).size() % 2, 0U);
}

// -- profiles

TEST(Profile, SaysWhetherToEncryptWhereTheClientDoesNot) {
    using UseEncryption = config::Profile::UseEncryption;
    const auto encryption = [](UseEncryption use, std::optional<ppp::Encryption> own) {
        config::Profile profile;
        profile.use_encryption = use;
        profile.idle_timeout = 30s;
        config::Client client = office();
        client.encryption = own;
        client = with_profile(client, profile);
        EXPECT_EQ(client.idle_timeout, 30s);
        return client.encryption;
    };
    EXPECT_EQ(encryption(UseEncryption::Default, {}), ppp::Encryption::No);
    EXPECT_EQ(encryption(UseEncryption::No, {}), ppp::Encryption::No);
    EXPECT_EQ(encryption(UseEncryption::Yes, {}), ppp::Encryption::Auto);
    EXPECT_EQ(encryption(UseEncryption::Require, {}), ppp::Encryption::Required);
    EXPECT_EQ(encryption(UseEncryption::Passive, {}), ppp::Encryption::Passive);
    EXPECT_EQ(encryption(UseEncryption::No, ppp::Encryption::Required), ppp::Encryption::Required);
    EXPECT_EQ(builtin_profile("default-encryption")->use_encryption, UseEncryption::Yes);
    EXPECT_EQ(builtin_profile("default")->use_encryption, UseEncryption::Default);
    EXPECT_FALSE(builtin_profile("other"));
}

TEST(Profile, ThatThereIsNotIsNamedBeforeAnythingIsDialed) {
    Host host;
    config::Client settings = office();
    settings.profile = "gold";
    host.dial(settings);
    EXPECT_EQ(host.said("client.failed"), "there is no profile \"gold\"");
    EXPECT_TRUE(host.world.dialed.empty());
}

TEST(Profile, ThatChangesDialsAnewOnlyIfItMakesADifference) {
    Host host;
    Clients clients(host.ground, host.sink(), [] {});
    host.world.pump = [&] {
        const auto all = host.kernel.events();
        for (const netlink::Event &event : all.value())
            clients.kernel_event(event);
        return !all->empty();
    };
    config::Config config;
    config.clients.push_back(office());
    config.clients.back().profile = "gold";
    config::Profile gold;
    gold.name = "gold";
    config.profiles.push_back(gold);
    ASSERT_TRUE(clients.load(config));
    host.world.run();
    EXPECT_EQ(clients.up(), 1U);
    EXPECT_EQ(host.server.connections, 1);
    config.profiles[0].comment = "for good customers";
    clients.set_profiles(config.profiles);
    host.world.advance(10s);
    EXPECT_EQ(host.server.connections, 1);
    config.profiles[0].use_encryption = config::Profile::UseEncryption::Yes;
    clients.set_profiles(config.profiles);
    host.world.advance(10s);
    EXPECT_EQ(host.server.connections, 2);
    EXPECT_EQ(clients.up(), 1U);
    clients.stop_all("the end");
    host.world.advance(10s);
}

// -- what it is called in the log, and what it says to a modem

TEST(LogTag, GoesWithEveryEvent) {
    Host host;
    config::Client settings = office();
    settings.log_tag = "branch line";
    host.dial(settings);
    for (const ctl::Event &event : host.events)
        EXPECT_EQ(event.fields.at("tag"), "branch line");
}

// -- name servers

class NoHelper final : public Helper {
public:
    void run(Job /*job*/) override {}
    [[nodiscard]] bool has(const std::string & /*program*/) const override { return false; }
};

TEST(ClientDns, StandsInTheFileAsLongAsTheTunnel) {
    char directory[] = "/tmp/rtun-client-XXXXXX";
    ASSERT_NE(::mkdtemp(directory), nullptr);
    ResolverPaths paths;
    paths.file = std::string(directory) + "/resolv.conf";
    const auto read = [&] {
        std::ostringstream text;
        text << std::ifstream(paths.file).rdbuf();
        return text.str();
    };
    std::ofstream(paths.file) << "nameserver 192.0.2.53\n";
    {
        Host host;
        NoHelper helper;
        NameServers names(helper, paths, "rtun", [](const auto &, const auto &) {});
        host.ground.names = &names;
        config::Client settings = office();
        settings.use_peer_dns = config::PeerDns::Exclusively;
        host.dial(settings);
        ASSERT_TRUE(host.client->up());
        EXPECT_THAT(read(), HasSubstr("\nnameserver 10.0.0.53\n"));
        EXPECT_THAT(read(), HasSubstr("\n#rtun# nameserver 192.0.2.53\n"));
        host.client->stop("by user");
        host.world.advance(10s);
        EXPECT_EQ(read(), "nameserver 192.0.2.53\n");

        settings.use_peer_dns = config::PeerDns::No;
        host.dial(settings);
        ASSERT_TRUE(host.client->up());
        EXPECT_EQ(read(), "nameserver 192.0.2.53\n");
    }
    std::filesystem::remove_all(directory);
}

// -- routes that change

struct Following {
    Host host;
    RouteFollower follower{host.world, host.routes};

    Following() {
        host.world.pump = [this] {
            const auto all = host.kernel.events();
            for (const netlink::Event &event : all.value()) {
                follower.kernel_event(event);
                if (host.client)
                    host.client->kernel_event(event);
            }
            return !all->empty();
        };
        config::Client settings = office();
        settings.add_default_route = true;
        host.dial(settings);
        EXPECT_TRUE(host.client->up());
    }
    // The pinned route to the server.
    [[nodiscard]] std::string pin() const {
        for (const netlink::Route &route : host.kernel.routes())
            if (route.prefix_length == 32)
                return fmt::format("{} dev {}", route.gateway.text(), static_cast<int>(route.oif));
        return "none";
    }
};

TEST(Following, ThePinMovesWithTheDefaultGateway) {
    Following f;
    EXPECT_EQ(f.pin(), "192.0.2.254 dev 2");
    netlink::Route other = *f.host.kernel.underlay;
    other.gateway = base::Ipv4{0xc00002fd};
    f.host.kernel.change_underlay(other);
    f.host.world.advance(2s);
    EXPECT_EQ(f.pin(), "192.0.2.253 dev 2");
    other.oif = netlink::LinkIndex{3};
    f.host.kernel.change_underlay(other);
    f.host.world.advance(2s);
    EXPECT_EQ(f.pin(), "192.0.2.253 dev 3");
    f.host.client->stop("by user");
    f.host.expect_nothing_left();
}

TEST(Following, ThePinComesBackWithTheInterfaceThatItWentWith) {
    Following f;
    const auto underlay = f.host.kernel.underlay;
    f.host.kernel.change_underlay(std::nullopt);
    f.host.world.advance(2s);
    EXPECT_EQ(f.pin(), "none");
    f.host.kernel.change_underlay(underlay);
    f.host.world.advance(2s);
    EXPECT_EQ(f.pin(), "192.0.2.254 dev 2");
}

TEST(Following, ACrowdOfChangesIsOneLook) {
    Following f;
    const int before = f.host.kernel.count("way_around");
    for (int i = 0; i < 500; i++) {
        f.host.kernel.change_underlay(f.host.kernel.underlay);
        f.host.world.advance(1ms);
    }
    f.host.world.advance(2s);
    EXPECT_LE(f.host.kernel.count("way_around") - before, 2);
    EXPECT_GE(f.host.kernel.count("way_around") - before, 1);
    EXPECT_EQ(f.host.kernel.count("route_replace"), 0);
}

TEST(Following, ALookThatFailsIsRepeatedWithTheNextChange) {
    Following f;
    netlink::Route other = *f.host.kernel.underlay;
    other.gateway = base::Ipv4{0xc00002fd};
    f.host.kernel.fail_next("own_routes", {ErrorCode::System, "out of memory", ENOMEM});
    f.host.kernel.change_underlay(other);
    f.host.world.advance(2s);
    EXPECT_EQ(f.pin(), "192.0.2.254 dev 2");
    f.host.kernel.change_underlay(other);
    f.host.world.advance(2s);
    EXPECT_EQ(f.pin(), "192.0.2.253 dev 2");
}

TEST(HostRoute, IsNotMadeIfNobodyWantsIt) {
    Host host;
    config::Client settings = office();
    settings.add_default_route = true;
    settings.host_route = false;
    host.dial(settings);
    ASSERT_TRUE(host.client->up());
    ASSERT_EQ(host.kernel.routes().size(), 1U);
    EXPECT_EQ(host.kernel.routes()[0].prefix_length, 0);
    host.client->stop("by user");
    host.expect_nothing_left();
}

}  // namespace rtun::daemon::test
