// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a store keeps, how it says that it cannot, and that it goes on when it can again.
#include <aaa/store.h>

#include <tests/aaa/folder.h>
#include <tests/aaa/words.h>

#include <fmt/format.h>
#include <sqlite3.h>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <set>

namespace rtun::aaa {
namespace {

Record record(const std::string &user, double started = 1000) {
    Record record;
    record.user = user;
    record.service = "pptp";
    record.caller = "192.0.2.7";
    record.interface = "<pptp-" + user + ">";
    record.address = "10.0.0.2";
    record.started = started;
    return record;
}

std::vector<std::string> users(const base::Result<std::vector<Record>> &records) {
    std::vector<std::string> all;
    for (const Record &record : records.value())
        all.push_back(record.user);
    return all;
}

class OnDisk : public testing::Test {
protected:
    void open() {
        store.reset();
        auto opened = Store::open(folder.file("db"));
        ASSERT_TRUE(opened) << opened.error().text;
        store.emplace(std::move(*opened));
    }
    Folder folder;
    std::optional<Store> store;
};

TEST_F(OnDisk, ASessionIsKeptFromItsBeginningToItsEnd) {
    open();
    const std::string id = store->begin(record("jack")).value();
    open();
    auto records = store->open_sessions().value();
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].id, id);
    EXPECT_EQ(records[0].user, "jack");
    EXPECT_EQ(records[0].service, "pptp");
    EXPECT_EQ(records[0].caller, "192.0.2.7");
    EXPECT_EQ(records[0].interface, "<pptp-jack>");
    EXPECT_EQ(records[0].address, "10.0.0.2");
    EXPECT_EQ(records[0].started, 1000);
    EXPECT_EQ(records[0].updated, 1000);
    EXPECT_EQ(records[0].stopped, std::nullopt);
    EXPECT_EQ(records[0].octets_in, 0U);

    ASSERT_TRUE(store->update({{id, 1, 2, 3, 4}}, 1060));
    open();
    records = store->open_sessions().value();
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].updated, 1060);
    EXPECT_EQ(records[0].octets_in, 1U);
    EXPECT_EQ(records[0].octets_out, 2U);
    EXPECT_EQ(records[0].packets_in, 3U);
    EXPECT_EQ(records[0].packets_out, 4U);

    ASSERT_TRUE(
        store->end({id, 5000000000, 6, 7, 8}, 1070.5, "peer-terminated", "the peer \"said\""));
    open();
    EXPECT_TRUE(store->open_sessions().value().empty());
    records = store->history("", 10).value();
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].stopped, 1070.5);
    EXPECT_EQ(records[0].updated, 1070.5);
    EXPECT_EQ(records[0].octets_in, 5000000000U);
    EXPECT_EQ(records[0].packets_out, 8U);
    EXPECT_EQ(records[0].cause, "peer-terminated");
    EXPECT_EQ(records[0].text, "the peer \"said\"");
}

TEST_F(OnDisk, HistoryHasTheLatestFirst) {
    open();
    for (const char *user : {"jack", "jill", "jack", "joe"})
        std::ignore = store->begin(record(user)).value();
    EXPECT_THAT(users(store->history("", 100)),
                testing::ElementsAre("joe", "jack", "jill", "jack"));
    EXPECT_THAT(users(store->history("", 2)), testing::ElementsAre("joe", "jack"));
    EXPECT_THAT(users(store->history("jack", 100)), testing::ElementsAre("jack", "jack"));
    EXPECT_THAT(users(store->history("jack", 1)), testing::ElementsAre("jack"));
    EXPECT_TRUE(store->history("jane", 100).value().empty());
    EXPECT_TRUE(store->history("' OR '1'='1", 100).value().empty());
    EXPECT_EQ(store->history("", std::numeric_limits<std::size_t>::max()).value().size(), 4U);
}

TEST_F(OnDisk, IdsAreUniqueAlsoWithinOneSecondAndAcrossPrograms) {
    std::set<std::string> ids;
    for (int program = 0; program < 4; program++) {
        open();
        for (int i = 0; i < 5000; i++)
            ids.insert(store->new_id(1700000000));
    }
    EXPECT_EQ(ids.size(), 20000U);
    EXPECT_TRUE(ids.begin()->starts_with("6553f100")) << *ids.begin();
    EXPECT_EQ(ids.begin()->size(), 20U);
    for (const double odd : {-1.0, 1e300, std::numeric_limits<double>::quiet_NaN()})
        EXPECT_EQ(store->new_id(odd).size(), 20U);
}

TEST_F(OnDisk, ASessionBeginsUnderTheIdThatItWasGiven) {
    open();
    Record jack = record("jack");
    jack.id = store->new_id(1000);
    EXPECT_EQ(store->begin(jack).value(), jack.id);
    const auto again = store->begin(jack);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, base::ErrorCode::Exists);
    EXPECT_EQ(store->open_sessions().value().size(), 1U);
}

TEST_F(OnDisk, ASessionEndsOnce) {
    open();
    const std::string id = store->begin(record("jack")).value();
    ASSERT_TRUE(store->end({id, 1, 1, 1, 1}, 1010, "idle-timeout", ""));
    const auto again = store->end({id, 9, 9, 9, 9}, 1020, "lost", "");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, base::ErrorCode::NotFound);
    EXPECT_EQ(again.error().text, "no session " + id + " is open");
    ASSERT_TRUE(store->update({{id, 7, 7, 7, 7}}, 1030)) << "passed over";
    EXPECT_EQ(store->history("", 1).value()[0].octets_in, 1U);
    EXPECT_EQ(store->history("", 1).value()[0].cause, "idle-timeout");
}

TEST_F(OnDisk, TrimmingKeepsWhatEndedLastAndWhatIsOpen) {
    open();
    std::vector<std::string> ids;
    for (int i = 0; i < 10; i++)
        ids.push_back(store->begin(record(fmt::format("u{}", i))).value());
    // The first of all is open for the longest time and ends last.
    for (int i : {5, 4, 3, 2, 1, 0})
        ASSERT_TRUE(
            store->end({ids[static_cast<std::size_t>(i)], 0, 0, 0, 0}, 2000 - i, "lost", ""));
    ASSERT_TRUE(store->trim(2));
    EXPECT_THAT(users(store->history("", 100)),
                testing::ElementsAre("u9", "u8", "u7", "u6", "u1", "u0"));
    ASSERT_TRUE(store->trim(0));
    EXPECT_THAT(users(store->history("", 100)), testing::ElementsAre("u9", "u8", "u7", "u6"));
    ASSERT_TRUE(store->trim(100));
    EXPECT_EQ(store->open_sessions().value().size(), 4U);
}

TEST_F(OnDisk, ATrimmedStoreDoesNotGrow) {
    open();
    store->hold(true);
    std::uintmax_t after_first = 0;
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 300; i++) {
            const std::string id = store->begin(record("jack")).value();
            ASSERT_TRUE(store->end({id, 1, 1, 1, 1}, 1000 + round, "lost", "text"));
        }
        ASSERT_TRUE(store->trim(100));
        store.reset();  // puts the log into the file
        if (round == 1)
            after_first = std::filesystem::file_size(folder.file("db"));
        open();
    }
    store.reset();
    EXPECT_LE(std::filesystem::file_size(folder.file("db")), after_first * 3 / 2);
}

TEST_F(OnDisk, LeasesAreKeptInTheOrderOfTheirLastChange) {
    open();
    ASSERT_TRUE(store->lease({ip("10.0.0.2"), "ppp", "jack", "s1", 1, false}));
    ASSERT_TRUE(store->lease({ip("255.255.255.254"), "ppp", "jill", "s2", 2, false}));
    ASSERT_TRUE(store->release(ip("10.0.0.2"), 3));
    open();
    const auto leases = store->leases().value();
    ASSERT_EQ(leases.size(), 2U);
    EXPECT_EQ(leases[0].address, ip("255.255.255.254"));
    EXPECT_EQ(leases[0].owner, "s2");
    EXPECT_FALSE(leases[0].released);
    EXPECT_EQ(leases[1].address, ip("10.0.0.2"));
    EXPECT_EQ(leases[1].pool, "ppp");
    EXPECT_EQ(leases[1].user, "jack");
    EXPECT_EQ(leases[1].order, 3U);
    EXPECT_TRUE(leases[1].released);
    ASSERT_TRUE(store->lease({ip("10.0.0.2"), "ppp", "joe", "s3", 4, false}));
    ASSERT_TRUE(store->forget(ip("255.255.255.254")));
    ASSERT_EQ(store->leases().value().size(), 1U);
    EXPECT_EQ(store->leases().value()[0].user, "joe");
}

TEST_F(OnDisk, TextsThatNobodyNeedsInFullAreCut) {
    open();
    Record jack = record("jack");
    jack.caller = std::string(100000, 'c');
    const std::string id = store->begin(jack).value();
    ASSERT_TRUE(store->end({id, 0, 0, 0, 0}, 1, "lost", std::string(100000, 't')));
    EXPECT_EQ(store->history("", 1).value()[0].caller.size(), Store::LongestText);
    EXPECT_EQ(store->history("", 1).value()[0].text.size(), Store::LongestText);
}

TEST_F(OnDisk, TextsOfAnyOctetsComeBackAsTheyWere) {
    open();
    const std::string odd("a\0b\xff'\";--\n", 10);
    std::ignore = store->begin(record(odd)).value();
    EXPECT_EQ(store->history("", 1).value()[0].user, odd);
    EXPECT_EQ(store->history(odd, 1).value().size(), 1U);
}

TEST_F(OnDisk, CountersThatAreTooLargeStayLarge) {
    open();
    const auto most = std::numeric_limits<std::uint64_t>::max();
    const std::string id = store->begin(record("jack")).value();
    ASSERT_TRUE(store->update({{id, most, most, most, most}}, 1));
    EXPECT_EQ(store->open_sessions().value()[0].octets_in, most / 2);
}

TEST_F(OnDisk, TheFileIsItsOwnersAlone) {
    const ::mode_t before = ::umask(0);
    auto opened = Store::open(folder.file("deeper/db"));
    ::umask(before);
    ASSERT_TRUE(opened) << opened.error().text;
    std::ignore = opened->begin(record("jack")).value();
    for (const char *name : {"deeper/db", "deeper/db-wal", "deeper/db.lock"}) {
        struct stat st {};
        ASSERT_EQ(::stat(folder.file(name).c_str(), &st), 0) << name;
        EXPECT_EQ(st.st_mode & 0777U, 0600U) << name;
    }
}

TEST_F(OnDisk, OneProgramHasItAtATime) {
    open();
    const auto second = Store::open(folder.file("db"));
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().text, testing::HasSubstr("is in use by another program"));
    EXPECT_TRUE(store->begin(record("jack"))) << "the first is not disturbed";
    store.reset();
    EXPECT_TRUE(Store::open(folder.file("db")));
}

TEST_F(OnDisk, AnAdministratorCanReadItMeanwhile) {
    open();
    std::ignore = store->begin(record("jack")).value();
    sqlite3 *other = nullptr;
    ASSERT_EQ(::sqlite3_open_v2(folder.file("db").c_str(), &other, SQLITE_OPEN_READONLY, nullptr),
              SQLITE_OK);
    int rows = 0;
    const auto count = [](void *rows_seen, int, char **, char **) {
        ++*static_cast<int *>(rows_seen);
        return 0;
    };
    EXPECT_EQ(::sqlite3_exec(other, "SELECT user FROM session", count, &rows, nullptr), SQLITE_OK);
    EXPECT_EQ(rows, 1);
    EXPECT_TRUE(store->begin(record("jill")));
    ::sqlite3_close(other);
}

TEST_F(OnDisk, WhatCannotBeOpenedIsAnError) {
    EXPECT_FALSE(Store::open(""));
    EXPECT_FALSE(Store::open(folder.file("no/such/folder/db")));
    std::filesystem::create_directory(folder.file("folder"));
    const auto opened = Store::open(folder.file("folder"));
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().text, testing::HasSubstr("folder"));
    EXPECT_TRUE(std::filesystem::is_directory(folder.file("folder"))) << "and is left alone";
}

// A disk without space, played by a limit on the size of files.
class FileLimit {
public:
    explicit FileLimit(rlim_t octets) {
        ::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit low{octets, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &low);
    }
    FileLimit(const FileLimit &) = delete;
    FileLimit &operator=(const FileLimit &) = delete;
    ~FileLimit() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        ::signal(SIGXFSZ, SIG_DFL);
    }

private:
    rlimit before_{};
};

TEST_F(OnDisk, AFullDiskIsAnErrorAndIsOverWhenThereIsSpace) {
    open();
    const std::string first = store->begin(record("jack")).value();
    ASSERT_TRUE(store->lease({ip("10.0.0.2"), "ppp", "jack", first, 1, false}));
    {
        const FileLimit full(0);
        const auto begun = store->begin(record("jill"));
        ASSERT_FALSE(begun);
        EXPECT_THAT(begun.error().text, testing::HasSubstr(folder.file("db")));
        EXPECT_THAT(begun.error().text, testing::HasSubstr("disk"));
        EXPECT_FALSE(store->update({{first, 1, 1, 1, 1}}, 1010));
        EXPECT_FALSE(store->end({first, 1, 1, 1, 1}, 1010, "lost", ""));
        EXPECT_FALSE(store->lease({ip("10.0.0.3"), "ppp", "jill", "x", 2, false}));
        EXPECT_FALSE(store->release(ip("10.0.0.2"), 2));
        EXPECT_EQ(store->open_sessions().value().size(), 1U) << "reading goes on";
    }
    EXPECT_TRUE(store->begin(record("jill")));
    EXPECT_TRUE(store->end({first, 1, 1, 1, 1}, 1020, "lost", ""));
    EXPECT_EQ(store->renewed(), 0U);
    open();
    EXPECT_THAT(users(store->history("", 10)), testing::ElementsAre("jill", "jack"));
    EXPECT_EQ(store->leases().value().size(), 1U);
    EXPECT_FALSE(store->leases().value()[0].released);
    EXPECT_FALSE(folder.has("db.broken.1"));
}

TEST_F(OnDisk, WhatIsHeldIsThereForTheNextProgramWithoutSync) {
    open();
    store->hold(true);
    const std::string id = store->begin(record("jack")).value();
    ASSERT_TRUE(store->lease({ip("10.0.0.2"), "ppp", "jack", id, 1, false}));
    EXPECT_TRUE(store->sync());
    EXPECT_TRUE(store->sync()) << "nothing to do";
    ASSERT_TRUE(store->end({id, 0, 0, 0, 0}, 1, "lost", ""));
    store->hold(false);
    open();
    EXPECT_EQ(store->history("", 10).value()[0].cause, "lost");
    EXPECT_EQ(store->leases().value().size(), 1U);
}

TEST_F(OnDisk, IsKnownByOneNumberAsLongAsThereIsItsFile) {
    open();
    const std::uint64_t first = 0xfedcba9876543210;
    EXPECT_EQ(store->identity(first).value(), first);
    EXPECT_EQ(store->identity(7).value(), first);
    open();
    EXPECT_EQ(store->identity(7).value(), first);
}

TEST(InMemory, AStoreKeepsWhatItIsToldWithoutAFile) {
    Store store = Store::in_memory();
    const std::string id = store.begin(record("jack")).value();
    ASSERT_TRUE(store.lease({ip("10.0.0.2"), "ppp", "jack", id, 1, false}));
    Store moved = std::move(store);
    EXPECT_TRUE(moved.end({id, 1, 2, 3, 4}, 1, "lost", ""));
    EXPECT_EQ(moved.history("jack", 1).value()[0].packets_out, 4U);
    EXPECT_EQ(moved.leases().value().size(), 1U);
    EXPECT_TRUE(Store::in_memory().history("", 1).value().empty()) << "each is its own";
}

}  // namespace
}  // namespace rtun::aaa
