// SPDX-License-Identifier: GPL-2.0-or-later
//
// Files that are broken: whatever a disk makes of them, the store opens, says what it did, and is
// as good as new afterwards. What could be read is in it.
#include <aaa/pools.h>
#include <aaa/store.h>

#include <base/log.h>
#include <tests/aaa/folder.h>
#include <tests/aaa/words.h>
#include <tests/fake/fake_random.h>

#include <fmt/format.h>
#include <sqlite3.h>

namespace rtun::aaa {
namespace {

class Damage : public testing::Test {
protected:
    Damage() { base::log::set_level(base::log::Level::Error); }
    ~Damage() override { base::log::set_level(base::log::Level::Info); }

    // Sessions u0.. and a lease each.
    static void fill(Store &store, int sessions) {
        store.hold(true);
        for (int i = 0; i < sessions; i++) {
            Record record;
            record.user = fmt::format("u{}", i);
            record.started = i;
            const std::string id = store.begin(record).value();
            const base::Ipv4 address{0x0a000001U + static_cast<std::uint32_t>(i)};
            ASSERT_TRUE(store.lease(
                {address, "ppp", record.user, id, static_cast<std::uint64_t>(i) + 1, i % 3 == 0}));
            if (i % 2 == 0) {
                ASSERT_TRUE(store.end({id, 1, 1, 1, 1}, i, "lost", std::string(100, 't')));
            }
        }
        ASSERT_TRUE(store.sync());
    }
    void make(const std::string &name, int sessions) {
        auto store = Store::open(folder.file(name));
        ASSERT_TRUE(store) << store.error().text;
        fill(*store, sessions);
    }
    void clean(const std::string &name) {
        for (const auto &entry : std::filesystem::directory_iterator(folder.file(""))) {
            if (entry.path().filename().string().starts_with(name))
                std::filesystem::remove(entry.path());
        }
    }
    // Whether it had to be set aside. It serves in any case.
    bool serves(const std::string &name, const std::string &how) {
        bool aside = false;
        std::string id;
        {
            auto store = Store::open(folder.file(name));
            if (!store) {
                ADD_FAILURE() << how << ": " << store.error().text;
                return false;
            }
            const auto begun = store->begin({});
            EXPECT_TRUE(begun) << how << ": " << begun.error().text;
            EXPECT_TRUE(store->lease({ip("192.0.2.1"), "x", "y", "z", 99999, false})) << how;
            EXPECT_TRUE(store->history("", 100000)) << how;
            EXPECT_TRUE(store->leases()) << how;
            EXPECT_TRUE(store->trim(5)) << how;
            id = begun.value_or("");
            // Damage that the check of the file does not see may be met by any of these.
            if (store->renewed() != 0) {
                aside = true;
                EXPECT_TRUE(folder.has(name + ".broken.1")) << how;
            }
            EXPECT_TRUE(store->begin({})) << how;
        }
        auto store = Store::open(folder.file(name));
        EXPECT_TRUE(store) << how;
        EXPECT_FALSE(folder.has(name + ".new")) << how;
        return aside;
    }

    Folder folder;
};

TEST_F(Damage, ATextIsSetAside) {
    std::ignore = folder.write("db", "This is no database, but somebody's letter.\n");
    EXPECT_TRUE(serves("db", "text"));
    EXPECT_EQ(folder.read("db.broken.1"), "This is no database, but somebody's letter.\n");
}

TEST_F(Damage, ADatabaseOfAnotherProgramIsSetAside) {
    sqlite3 *other = nullptr;
    ASSERT_EQ(::sqlite3_open(folder.file("db").c_str(), &other), SQLITE_OK);
    ASSERT_EQ(::sqlite3_exec(other, "CREATE TABLE lease (a); INSERT INTO lease VALUES (1)", nullptr,
                             nullptr, nullptr),
              SQLITE_OK);
    ::sqlite3_close(other);
    EXPECT_TRUE(serves("db", "another program's"));
}

TEST_F(Damage, AStoreOfANewerProgramIsSetAsideAndItsContentTakenOver) {
    make("db", 10);
    sqlite3 *other = nullptr;
    ASSERT_EQ(::sqlite3_open(folder.file("db").c_str(), &other), SQLITE_OK);
    ASSERT_EQ(::sqlite3_exec(other,
                             "ALTER TABLE session ADD COLUMN mood TEXT; PRAGMA user_version=99",
                             nullptr, nullptr, nullptr),
              SQLITE_OK);
    ::sqlite3_close(other);
    auto store = Store::open(folder.file("db"));
    ASSERT_TRUE(store) << store.error().text;
    EXPECT_EQ(store->renewed(), 1U);
    EXPECT_EQ(store->history("", 100).value().size(), 10U);
    EXPECT_EQ(store->open_sessions().value().size(), 5U);
    EXPECT_EQ(store->history("u9", 100).value().size(), 1U);
    EXPECT_EQ(store->leases().value().size(), 10U);
}

TEST_F(Damage, AnEmptyFileIsANewStore) {
    std::ignore = folder.write("db", "");
    EXPECT_FALSE(serves("db", "empty"));
}

TEST_F(Damage, NineFilesAreSetAsideAndNoMore) {
    for (int i = 0; i < 12; i++) {
        std::ignore = folder.write("db", fmt::format("letter {}", i));
        EXPECT_TRUE(serves("db", "letter"));
    }
    EXPECT_EQ(folder.read("db.broken.1"), "letter 0");
    EXPECT_EQ(folder.read("db.broken.9"), "letter 11");
    EXPECT_FALSE(folder.has("db.broken.10"));
}

TEST_F(Damage, AFileThatWasCutOffAnywhereServes) {
    make("whole", 60);
    const std::string whole = folder.read("whole");
    ASSERT_GT(whole.size(), 20000U);
    int aside = 0;
    for (std::size_t size = 1; size < whole.size(); size += size < 5000 ? 97 : 1531) {
        std::ignore = folder.write("db", whole.substr(0, size));
        aside += serves("db", fmt::format("cut off at {}", size)) ? 1 : 0;
        clean("db");
    }
    EXPECT_GT(aside, 20);
}

TEST_F(Damage, AFileWithOctetsThatChangedServes) {
    make("whole", 60);
    const std::string whole = folder.read("whole");
    int aside = 0;
    int sound = 0;
    for (std::uint64_t seed = 1; seed <= 250; seed++) {
        fake::FakeRandom random(seed);
        std::string garbled = whole;
        // The heads of file and pages, where damage does most, and anywhere.
        const std::uint32_t page = random.below(static_cast<std::uint32_t>(whole.size() / 4096));
        std::size_t at = random.below(static_cast<std::uint32_t>(whole.size()));
        if (seed % 3 == 0)
            at = page * 4096U + random.below(64);
        if (seed % 7 == 0)
            at = random.below(100);
        for (std::uint32_t left = 1 + random.below(40); left > 0 && at < garbled.size(); left--)
            garbled[at++] = static_cast<char>(random.below(256));
        std::ignore = folder.write("db", garbled);
        (serves("db", fmt::format("garbled, seed {}", seed)) ? aside : sound)++;
        clean("db");
    }
    EXPECT_GT(aside, 20);
    EXPECT_GT(sound, 20);
}

// Each octet of the file's head, which says what kind of file it is and how to read it.
TEST_F(Damage, AFileWithAnyOtherHeadServes) {
    make("whole", 5);
    const std::string whole = folder.read("whole");
    for (std::size_t at = 0; at < 108; at++) {
        for (const int change : {0x01, 0x02, 0x80, 0xff}) {
            std::string garbled = whole;
            garbled[at] = static_cast<char>(garbled[at] ^ change);
            std::ignore = folder.write("db", garbled);
            std::ignore = serves("db", fmt::format("octet {} changed by {:#x}", at, change));
            clean("db");
        }
    }
}

// The log holds what was done last. It ends where it is damaged, and what was before is there.
TEST_F(Damage, ALogWithOctetsThatChangedServes) {
    {
        auto store = Store::open(folder.file("whole"));
        ASSERT_TRUE(store);
        fill(*store, 60);
        folder.copy("whole", "copy");
        folder.copy("whole-wal", "copy-wal");
    }
    const std::string log = folder.read("copy-wal");
    ASSERT_GT(log.size(), 100000U);
    for (std::uint64_t seed = 1; seed <= 100; seed++) {
        fake::FakeRandom random(seed);
        std::string garbled = log;
        const std::size_t at = random.below(static_cast<std::uint32_t>(log.size()));
        if (seed % 2 == 0)
            garbled.resize(at);
        else
            garbled[at] =
                static_cast<char>(garbled[at] ^ (1 + static_cast<int>(random.below(255))));
        folder.copy("copy", "db");
        std::ignore = folder.write("db-wal", garbled);
        EXPECT_FALSE(serves("db", fmt::format("log, seed {}", seed)));
        clean("db");
    }
}

TEST_F(Damage, WhatCanBeReadOfABrokenFileIsTakenOver) {
    make("db", 400);
    std::string content = folder.read("db");
    // An index that is not one any more: found by the check, needed by none of the tables' rows.
    sqlite3 *other = nullptr;
    ASSERT_EQ(::sqlite3_open(folder.file("db").c_str(), &other), SQLITE_OK);
    int page = 0;
    const auto first = [](void *number, int, char **values, char **) {
        *static_cast<int *>(number) = std::atoi(values[0]);
        return 0;
    };
    ASSERT_EQ(::sqlite3_exec(other, "SELECT rootpage FROM sqlite_schema WHERE name='session_user'",
                             first, &page, nullptr),
              SQLITE_OK);
    ::sqlite3_close(other);
    ASSERT_GT(page, 1);
    content.replace(static_cast<std::size_t>(page - 1) * 4096, 4096, std::string(4096, 'x'));
    std::ignore = folder.write("db", content);
    auto store = Store::open(folder.file("db"));
    ASSERT_TRUE(store) << store.error().text;
    EXPECT_EQ(store->renewed(), 1U);
    EXPECT_EQ(store->history("", 1000).value().size(), 400U);
    EXPECT_EQ(store->open_sessions().value().size(), 200U);
    EXPECT_EQ(store->leases().value().size(), 400U);
    EXPECT_EQ(store->history("u77", 10).value().size(), 1U);
}

// A disk that goes bad under a program that runs: the store begins anew, and the leases of those
// who are connected are written into the new file.
TEST_F(Damage, OfAFileInUseCostsHistoryAndNoLease) {
    make("db", 16000);
    auto store = Store::open(folder.file("db"));
    ASSERT_TRUE(store) << store.error().text;
    Pools pools(*store);
    config::Config config;
    config.pools = {pool("ppp", "10.0.0.0", "10.0.255.255")};
    pools.load(config);
    const auto before = pools.leases();
    ASSERT_GT(before.size(), 10000U);
    {
        std::fstream file(folder.file("db"), std::ios::binary | std::ios::in | std::ios::out);
        file.seekp(4096);
        const std::string garbage(std::filesystem::file_size(folder.file("db")) - 4096, 'x');
        file << garbage;
    }
    for (int i = 0; i < 200 && store->renewed() == 0; i++)
        EXPECT_TRUE(store->history(fmt::format("u{}", i * 29), 10));
    EXPECT_TRUE(store->begin({}));
    EXPECT_EQ(store->renewed(), 1U);
    EXPECT_TRUE(pools.lease("ppp", "new", "new"));
    store->hold(false);
    EXPECT_TRUE(store->sync());

    Pools next(*store);
    next.load(config);
    EXPECT_EQ(next.leases().size(), before.size() + 1);
}

TEST_F(Damage, AProgramThatEndedWhileItBeganAnewIsFinishedByTheNext) {
    make("db", 10);
    // As it is between setting aside and putting the new one in place.
    std::filesystem::rename(folder.file("db"), folder.file("db.new"));
    std::ignore = folder.write("db-wal", "of the old file");
    auto store = Store::open(folder.file("db"));
    ASSERT_TRUE(store) << store.error().text;
    EXPECT_EQ(store->leases().value().size(), 10U);
    EXPECT_FALSE(folder.has("db.new"));
}

}  // namespace
}  // namespace rtun::aaa
