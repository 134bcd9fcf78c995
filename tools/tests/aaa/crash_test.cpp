// SPDX-License-Identifier: GPL-2.0-or-later
//
// Crashes: of the program, which is killed in the middle of its work, and of the host, which keeps
// what the disk was waited for and any part of the rest. What had been acknowledged is there
// afterwards, and everything that is there was told in this order: a state that the store had
// between two calls.
#include <aaa/store.h>

#include <base/log.h>
#include <tests/aaa/folder.h>
#include <tests/aaa/power.h>
#include <tests/aaa/story.h>
#include <tests/aaa/words.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace rtun::aaa {
namespace {

// After how many steps the story was where the store is now, the last time; -1: never.
int steps_until(const std::string &found, std::uint64_t seed, int most) {
    Story story(seed);
    int found_after = -1;
    for (int steps = 0; steps <= most; steps++) {
        if (story.told() == found)
            found_after = steps;
        std::ignore = story.step(nullptr);
    }
    return found_after;
}

// Tells the story and acknowledges each step with an octet, until it is killed.
[[noreturn]] void tell(const std::string &path, std::uint64_t seed, bool held, int acknowledge) {
    auto store = Store::open(path);
    if (!store)
        ::_exit(1);
    store->hold(held);
    for (Story story(seed);;) {
        if (!story.step(&*store) || ::write(acknowledge, "", 1) != 1)
            ::_exit(2);
    }
}

TEST(Crash, OfTheProgramLosesNothingThatWasAcknowledged) {
    const Folder folder;
    int whole = 0;
    for (std::uint64_t seed = 1; seed <= 60; seed++) {
        const std::string path = folder.file(fmt::format("db{}", seed));
        int ends[2];
        ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0)
            tell(path, seed, seed % 2 == 0, ends[1]);
        ::close(ends[1]);
        fake::FakeRandom random(seed);
        const int patience = static_cast<int>(random.below(150));
        int acknowledged = 0;
        char octet = 0;
        while (acknowledged < patience && ::read(ends[0], &octet, 1) == 1)
            acknowledged++;
        ASSERT_EQ(::kill(child, SIGKILL), 0);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status))
            << "seed " << seed << ": it ended by itself, " << WEXITSTATUS(status);
        while (::read(ends[0], &octet, 1) == 1)
            acknowledged++;
        ::close(ends[0]);

        auto store = Store::open(path);
        ASSERT_TRUE(store) << store.error().text;
        EXPECT_EQ(store->renewed(), 0U);
        const int steps = steps_until(Story::found(*store), seed, acknowledged + 1);
        EXPECT_GE(steps, acknowledged) << "seed " << seed;
        whole += steps >= acknowledged ? 1 : 0;
        EXPECT_TRUE(store->begin({})) << "and it goes on";
    }
    EXPECT_EQ(whole, 60);
}

// The host loses its power at some point of the story, and comes back with one of the states that
// the disk may be in.
void cut_power(std::uint64_t seed, bool held) {
    const Folder folder;
    fake::FakeRandom random(seed ^ 0x5eed);
    const int length = 1 + static_cast<int>(random.below(120));
    int told = 0;
    int safe = 0;  // steps that have to be there
    {
        const Power power;
        auto store = Store::open(folder.file("db"));
        ASSERT_TRUE(store) << store.error().text;
        store->hold(held);
        Story story(seed);
        while (told < length) {
            ASSERT_TRUE(story.step(&*store));
            told++;
            if (held && random.below(20) == 0) {
                ASSERT_TRUE(store->sync());
                safe = told;
            } else if (!held && story.of_session()) {
                safe = told;
            }
        }
        power.cut(folder.file("after"), random);
    }
    auto store = Store::open(folder.file("after/db"));
    ASSERT_TRUE(store) << store.error().text;
    EXPECT_EQ(store->renewed(), 0U) << "seed " << seed;
    const int steps = steps_until(Story::found(*store), seed, told);
    EXPECT_GE(steps, safe) << "seed " << seed << " of " << told;
}

TEST(Crash, OfTheHostLosesNoSessionThatWasAcknowledged) {
    for (std::uint64_t seed = 1; seed <= 150; seed++)
        cut_power(seed, false);
}

TEST(Crash, OfTheHostLosesNothingThatWasSynced) {
    for (std::uint64_t seed = 1; seed <= 150; seed++)
        cut_power(seed, true);
}

}  // namespace
}  // namespace rtun::aaa
