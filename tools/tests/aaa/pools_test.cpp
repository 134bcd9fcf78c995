// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who gets which address, and that nobody gets another one's.
#include <aaa/pools.h>

#include <base/log.h>
#include <tests/aaa/folder.h>
#include <tests/aaa/words.h>
#include <tests/fake/fake_random.h>

#include <fmt/format.h>
#include <sqlite3.h>

#include <memory>
#include <set>

namespace rtun::aaa {
namespace {

class Leases : public testing::Test {
protected:
    void load() {
        const auto checked = Pools::check(config);
        ASSERT_TRUE(checked) << checked.error().text;
        pools->load(config);
    }
    void begin_with(std::vector<config::Pool> all) {
        config.pools = std::move(all);
        load();
    }
    std::string lease(const std::string &user, const std::string &owner,
                      const std::string &pool = "ppp") {
        const auto address = pools->lease(pool, user, owner);
        return address ? address->text() : address.error().text;
    }
    // As the next program finds it.
    void restart() {
        pools = std::make_unique<Pools>(store);
        load();
    }
    std::vector<std::string> held() {
        std::vector<std::string> all;
        for (const Pools::Lease &lease : pools->leases())
            all.push_back(fmt::format("{} {} {} {}", lease.address.text(), lease.pool, lease.user,
                                      lease.owner));
        return all;
    }
    std::string used(const std::string &pool = "ppp") {
        for (const Pools::Usage &usage : pools->usage()) {
            if (usage.pool == pool)
                return fmt::format("{} of {}", usage.used, usage.total);
        }
        return "no such pool";
    }

    Store store = Store::in_memory();
    config::Config config;
    std::unique_ptr<Pools> pools = std::make_unique<Pools>(store);
};

TEST_F(Leases, AreGivenFromTheLowestUntilThePoolIsUsedUp) {
    begin_with({pool("ppp", "10.0.0.2", "10.0.0.4")});
    EXPECT_EQ(lease("a", "1"), "10.0.0.2");
    EXPECT_EQ(lease("b", "2"), "10.0.0.3");
    EXPECT_EQ(used(), "2 of 3");
    EXPECT_EQ(lease("c", "3"), "10.0.0.4");
    EXPECT_EQ(lease("d", "4"), "pool \"ppp\" has no free address (3 of 3 in use)");
    EXPECT_THAT(held(),
                testing::ElementsAre("10.0.0.2 ppp a 1", "10.0.0.3 ppp b 2", "10.0.0.4 ppp c 3"));
    pools->release("2");
    EXPECT_EQ(used(), "2 of 3");
    EXPECT_EQ(lease("d", "4"), "10.0.0.3");
}

TEST_F(Leases, OfAPoolThatIsNotThereAreRefused) {
    begin_with({});
    EXPECT_EQ(lease("a", "1"), "there is no pool \"ppp\"");
}

TEST_F(Leases, GoToTheUserThatHadThemLast) {
    begin_with({pool("ppp", "10.0.0.2", "10.0.0.99")});
    EXPECT_EQ(lease("a", "1"), "10.0.0.2");
    EXPECT_EQ(lease("b", "2"), "10.0.0.3");
    pools->release("2");
    pools->release("1");
    EXPECT_EQ(lease("b", "3"), "10.0.0.3");
    EXPECT_EQ(lease("c", "4"), "10.0.0.4") << "not that of a, which may come again";
    EXPECT_EQ(lease("a", "5"), "10.0.0.2");
}

TEST_F(Leases, GoToTheUserThatHadThemLastAfterARestart) {
    begin_with({pool("ppp", "10.0.0.2", "10.0.0.99")});
    std::ignore = lease("a", "1");
    std::ignore = lease("b", "2");
    pools->release("1");
    pools->release("2");
    restart();
    EXPECT_EQ(lease("b", "3"), "10.0.0.3");
    EXPECT_EQ(lease("a", "4"), "10.0.0.2");
}

TEST_F(Leases, OfTheLastUserAreGivenAwayIfNothingElseIsFree) {
    begin_with({pool("ppp", "10.0.0.2", "10.0.0.3")});
    EXPECT_EQ(lease("a", "1"), "10.0.0.2");
    pools->release("1");
    EXPECT_EQ(lease("b", "2"), "10.0.0.3");
    EXPECT_EQ(lease("c", "3"), "10.0.0.2");
    EXPECT_EQ(lease("a", "4"), "pool \"ppp\" has no free address (2 of 2 in use)");
}

TEST_F(Leases, AreTakenFromWhatHasBeenFreeForTheLongestTime) {
    begin_with({pool("ppp", "10.0.0.2", "10.0.0.5")});
    for (const char *owner : {"1", "2", "3", "4"})
        std::ignore = lease(owner, owner);
    for (const char *owner : {"3", "1", "4", "2"})
        pools->release(owner);
    EXPECT_EQ(lease("x", "5"), "10.0.0.4");
    EXPECT_EQ(lease("y", "6"), "10.0.0.2");
    restart();
    EXPECT_EQ(lease("z", "7"), "10.0.0.5") << "the order outlives the program";
    EXPECT_EQ(lease("u", "8"), "10.0.0.3");
}

TEST_F(Leases, OfAUserWithSeveralSessionsAreDifferentOnes) {
    begin_with({pool("ppp", "10.0.0.2", "10.0.0.9")});
    EXPECT_EQ(lease("a", "1"), "10.0.0.2");
    EXPECT_EQ(lease("a", "2"), "10.0.0.3");
    pools->release("1");
    pools->release("2");
    EXPECT_EQ(lease("a", "3"), "10.0.0.3") << "the one that it had last";
    EXPECT_EQ(lease("a", "4"), "10.0.0.2");
}

TEST_F(Leases, OfOneSessionAreTheSameTwoWhenItComesAgain) {
    begin_with({pool("ppp", "10.0.0.2", "10.0.0.9")});
    for (const char *owner : {"1", "2", "3"}) {
        EXPECT_EQ(lease("a", owner), "10.0.0.2");
        EXPECT_EQ(lease("a", owner), "10.0.0.3");
        pools->release(owner);
    }
}

TEST_F(Leases, OutliveTheProgram) {
    begin_with({pool("ppp", "10.0.0.2", "10.0.0.3")});
    EXPECT_EQ(lease("a", "1"), "10.0.0.2");
    restart();
    EXPECT_THAT(held(), testing::ElementsAre("10.0.0.2 ppp a 1"));
    EXPECT_EQ(lease("b", "2"), "10.0.0.3");
    EXPECT_EQ(lease("c", "3"), "pool \"ppp\" has no free address (2 of 2 in use)");
    pools->release("1");
    EXPECT_EQ(lease("c", "3"), "10.0.0.2");
}

TEST_F(Leases, OfAnUnknownOwnerAreNotReleased) {
    begin_with({pool("ppp", "10.0.0.2", "10.0.0.3")});
    EXPECT_EQ(lease("a", "1"), "10.0.0.2");
    pools->release("2");
    pools->release("");
    EXPECT_EQ(used(), "1 of 2");
    pools->release("1");
    pools->release("1");
    EXPECT_EQ(used(), "0 of 2");
}

TEST_F(Leases, ComeFromTheNextPoolWhenOneIsUsedUp) {
    begin_with({pool("ppp", "10.0.0.2", "10.0.0.2", "more"),
                pool("more", "10.1.0.2", "10.1.0.2", "last"),
                pool("last", "10.2.0.2", "10.2.0.2")});
    EXPECT_EQ(lease("a", "1"), "10.0.0.2");
    EXPECT_EQ(lease("b", "2"), "10.1.0.2");
    EXPECT_EQ(lease("c", "3", "more"), "10.2.0.2");
    EXPECT_EQ(lease("d", "4"), "pool \"ppp\" has no free address (1 of 1 in use), nor has \"more\" "
                               "(1 of 1), nor has \"last\" (1 of 1)");
    EXPECT_EQ(lease("d", "4", "last"), "pool \"last\" has no free address (1 of 1 in use)");
    EXPECT_THAT(held(), testing::Contains("10.1.0.2 more b 2"));
}

TEST_F(Leases, OfANextPoolAreRememberedToo) {
    begin_with({pool("ppp", "10.0.0.2", "10.0.0.2", "more"), pool("more", "10.1.0.2", "10.1.0.9")});
    std::ignore = lease("a", "1");
    EXPECT_EQ(lease("b", "2"), "10.1.0.2");
    pools->release("1");
    pools->release("2");
    EXPECT_EQ(lease("b", "3"), "10.1.0.2") << "the address that it had last";
    EXPECT_EQ(lease("c", "4"), "10.0.0.2");
}

TEST_F(Leases, StayWhenTheirPoolShrinksOrGoes) {
    begin_with({pool("ppp", "10.0.0.2", "10.0.0.4")});
    EXPECT_EQ(lease("a", "1"), "10.0.0.2");
    EXPECT_EQ(lease("b", "2"), "10.0.0.3");
    begin_with({pool("ppp", "10.0.0.3", "10.0.0.4")});
    EXPECT_EQ(used(), "1 of 2");
    EXPECT_EQ(held().size(), 2U);
    EXPECT_EQ(lease("c", "3"), "10.0.0.4");
    EXPECT_EQ(lease("d", "4"), "pool \"ppp\" has no free address (2 of 2 in use)");
    pools->release("1");
    EXPECT_EQ(lease("d", "4"), "pool \"ppp\" has no free address (2 of 2 in use)");

    begin_with({});
    EXPECT_THAT(held(), testing::ElementsAre("10.0.0.3 ppp b 2", "10.0.0.4 ppp c 3"));
    restart();
    EXPECT_THAT(held(), testing::ElementsAre("10.0.0.3 ppp b 2", "10.0.0.4 ppp c 3"));
    begin_with({pool("ppp", "10.0.0.2", "10.0.0.5")});
    EXPECT_EQ(used(), "2 of 4") << "and are known when it grows";
    EXPECT_EQ(lease("a", "5"), "10.0.0.2");
}

TEST_F(Leases, OfAPoolThatGrewAreGiven) {
    begin_with({pool("ppp", "10.0.0.2", "10.0.0.2")});
    std::ignore = lease("a", "1");
    config.pools[0].ranges.push_back({ip("10.0.7.1"), ip("10.0.7.1")});
    load();
    EXPECT_EQ(lease("b", "2"), "10.0.7.1");
    EXPECT_EQ(used(), "2 of 2");
}

TEST_F(Leases, StayWhenTheirAddressGoesToAnotherPool) {
    begin_with({pool("ppp", "10.0.0.2", "10.0.0.3")});
    std::ignore = lease("a", "1");
    begin_with({pool("other", "10.0.0.2", "10.0.0.3")});
    EXPECT_EQ(used("other"), "1 of 2");
    EXPECT_EQ(lease("b", "2", "other"), "10.0.0.3");
    pools->release("1");
    EXPECT_EQ(lease("c", "3", "other"), "10.0.0.2");
}

TEST_F(Leases, AreNoneOfTheAddressesThatTheConfigurationGives) {
    config.secrets = {secret("jack")};
    config.secrets[0].remote_address = from("10.0.0.2");
    config.profiles = {profile("gold", "10.0.0.4", "ppp")};
    begin_with({pool("ppp", "10.0.0.2", "10.0.0.5")});
    EXPECT_EQ(used(), "0 of 2");
    EXPECT_EQ(lease("a", "1"), "10.0.0.3");
    EXPECT_EQ(lease("b", "2"), "10.0.0.5");
    EXPECT_EQ(lease("c", "3"), "pool \"ppp\" has no free address (2 of 2 in use)");
    config.secrets.clear();
    load();
    EXPECT_EQ(used(), "2 of 3");
    EXPECT_EQ(lease("c", "3"), "10.0.0.2");
}

TEST_F(Leases, OfAnAddressThatTheConfigurationClaimsMeanwhileEndWithTheirSession) {
    begin_with({pool("ppp", "10.0.0.2", "10.0.0.3")});
    EXPECT_EQ(lease("a", "1"), "10.0.0.2");
    config.secrets = {secret("jack")};
    config.secrets[0].remote_address = from("10.0.0.2");
    load();
    EXPECT_THAT(held(), testing::ElementsAre("10.0.0.2 ppp a 1"));
    EXPECT_EQ(used(), "0 of 1");
    pools->release("1");
    EXPECT_EQ(lease("a", "2"), "10.0.0.3");
    EXPECT_EQ(lease("a", "3"), "pool \"ppp\" has no free address (1 of 1 in use)");
}

TEST_F(Leases, AreNoneOfTheAddressesThatAreTaken) {
    begin_with({pool("ppp", "10.0.0.2", "10.0.0.3")});
    pools->take(ip("10.0.0.2"), "1");
    pools->take(ip("10.0.0.2"), "2");
    pools->take(ip("10.0.0.2"), "2");
    pools->take(ip("192.0.2.1"), "2");
    EXPECT_THAT(held(), testing::ElementsAre("10.0.0.2   1", "10.0.0.2   2", "192.0.2.1   2"));
    EXPECT_EQ(used(), "1 of 2");
    EXPECT_EQ(lease("a", "3"), "10.0.0.3");
    EXPECT_EQ(lease("b", "4"), "pool \"ppp\" has no free address (2 of 2 in use)");
    pools->release("1");
    EXPECT_EQ(lease("b", "4"), "pool \"ppp\" has no free address (2 of 2 in use)");
    pools->release("2");
    EXPECT_EQ(lease("b", "4"), "10.0.0.2") << "when the last of those who share it has gone";
}

TEST_F(Leases, AreTakenAgainByTheirOwnerAfterARestartWithoutHarm) {
    begin_with({pool("ppp", "10.0.0.2", "10.0.0.3")});
    EXPECT_EQ(lease("a", "1"), "10.0.0.2");
    restart();
    pools->take(ip("10.0.0.2"), "1");
    EXPECT_THAT(held(), testing::ElementsAre("10.0.0.2 ppp a 1"));
    pools->release("1");
    EXPECT_TRUE(held().empty());
    EXPECT_EQ(used(), "0 of 2");
}

TEST_F(Leases, AreKeptFromAnAddressThatWasUsedAndIsTakenNow) {
    begin_with({pool("ppp", "10.0.0.2", "10.0.0.2")});
    EXPECT_EQ(lease("a", "1"), "10.0.0.2");
    pools->release("1");
    pools->take(ip("10.0.0.2"), "2");
    EXPECT_EQ(lease("a", "3"), "pool \"ppp\" has no free address (1 of 1 in use)");
    load();
    EXPECT_EQ(lease("a", "3"), "pool \"ppp\" has no free address (1 of 1 in use)");
    pools->release("2");
    EXPECT_EQ(lease("a", "3"), "10.0.0.2");
}

// 16 million addresses: as fast as a few, as long as nobody uses them.
TEST_F(Leases, OfALargePoolCostWhatIsUsed) {
    begin_with({pool("ppp", "10.0.0.0", "10.255.255.255")});
    EXPECT_EQ(used(), "0 of 16777216");
    for (int i = 0; i < 1000; i++)
        ASSERT_EQ(lease(fmt::format("u{}", i), fmt::format("o{}", i)),
                  base::Ipv4{0x0a000000U + static_cast<std::uint32_t>(i)}.text());
    EXPECT_EQ(used(), "1000 of 16777216");
    for (int i = 0; i < 100; i++)
        load();
}

// What is remembered is bounded; who is forgotten is the one that has been gone for the longest.
TEST_F(Leases, AreForgottenBeyondTheBound) {
    begin_with({pool("ppp", "10.0.0.0", "10.255.255.255")});
    store.hold(true);
    const std::size_t users = Pools::MaxRemembered + 10;
    for (std::size_t i = 0; i < users; i++)
        ASSERT_TRUE(pools->lease("ppp", fmt::format("u{}", i), fmt::format("o{}", i)));
    for (std::size_t i = 0; i < users; i++)
        pools->release(fmt::format("o{}", i));
    EXPECT_EQ(used(), "0 of 16777216");
    EXPECT_EQ(store.leases().value().size(), Pools::MaxRemembered);
    EXPECT_EQ(lease("u10", "x"), "10.0.0.10") << "the first that is remembered";
    EXPECT_EQ(lease("u9", "y"), "10.0.0.0") << "the lowest that nobody is known to have had";
}

// Every step is compared with what the rules say, computed in the plainest way.
TEST_F(Leases, AreNeverGivenTwiceWhateverHappens) {
    for (std::uint64_t seed = 1; seed <= 20; seed++) {
        fake::FakeRandom random(seed);
        store = Store::in_memory();
        pools = std::make_unique<Pools>(store);
        begin_with(
            {pool("ppp", "10.0.0.1", "10.0.0.20", "more"), pool("more", "10.0.1.1", "10.0.1.5")});
        std::map<std::string, std::set<std::string>> model;  // owner: addresses
        std::set<std::string> given;
        for (int step = 0; step < 400; step++) {
            const std::string owner = fmt::format("o{}", random.below(30));
            switch (random.below(8)) {
            case 0:
                restart();
                break;
            case 1:
                config.pools[0].ranges[0].last = base::Ipv4{0x0a000005U + random.below(30)};
                load();
                break;
            case 2:
            case 3:
            case 4:
                pools->release(owner);
                for (const std::string &address : model[owner])
                    given.erase(address);
                model.erase(owner);
                break;
            default:
                const auto address =
                    pools->lease("ppp", fmt::format("u{}", random.below(10)), owner);
                if (!address)
                    break;
                ASSERT_TRUE(given.insert(address->text()).second)
                    << address->text() << " given twice, seed " << seed << " step " << step;
                model[owner].insert(address->text());
            }
            ASSERT_EQ(pools->leases().size(), given.size()) << "seed " << seed << " step " << step;
            for (const Pools::Usage &usage : pools->usage())
                ASSERT_LE(usage.used, usage.total);
        }
    }
}

// A store whose writes fail while somebody else holds its file: nothing is given meanwhile that
// a restart would forget.
TEST(LeasesOnADisk, AreRefusedWhileTheStoreCannotBeWritten) {
    const Folder folder;
    Store store = Store::open(folder.file("db")).value();
    Pools pools(store);
    config::Config config;
    config.pools = {pool("ppp", "10.0.0.2", "10.0.0.9")};
    pools.load(config);
    ASSERT_EQ(pools.lease("ppp", "a", "1").value(), ip("10.0.0.2"));
    ASSERT_EQ(pools.lease("ppp", "b", "2").value(), ip("10.0.0.3"));

    sqlite3 *other = nullptr;
    ASSERT_EQ(::sqlite3_open(folder.file("db").c_str(), &other), SQLITE_OK);
    ASSERT_EQ(::sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
    const auto address = pools.lease("ppp", "c", "3");
    ASSERT_FALSE(address);
    EXPECT_THAT(address.error().text, testing::HasSubstr("database is locked"));
    pools.release("1");
    EXPECT_EQ(pools.leases().size(), 1U);
    ASSERT_EQ(::sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr), SQLITE_OK);
    ASSERT_EQ(::sqlite3_close(other), SQLITE_OK);

    EXPECT_EQ(pools.lease("ppp", "c", "3").value(), ip("10.0.0.4"));
    EXPECT_EQ(pools.lease("ppp", "a", "4").value(), ip("10.0.0.2"))
        << "the release was written when it could be";
    Pools next(store);
    next.load(config);
    EXPECT_EQ(next.leases().size(), 3U);
}

}  // namespace
}  // namespace rtun::aaa
