// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who is told of a tunnel's name servers, and what becomes of that. The host is a directory; its
// services are commands that a test lets succeed or fail.
#include <daemon/name_servers.h>

#include <tests/fake/fake_kernel.h>

#include <event/loop.h>

#include <gmock/gmock.h>

#include <unistd.h>

#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace rtun::daemon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class FakeHelper final : public Helper {
public:
    std::set<std::string> programs;
    std::set<std::string> broken;  // first words, or words of a command, that make it fail
    std::vector<std::string> ran;
    std::vector<std::string> inputs;

    void run(Job job) override { jobs_.push_back(std::move(job)); }
    [[nodiscard]] bool has(const std::string &program) const override {
        return programs.contains(program);
    }
    void go() {
        while (!jobs_.empty()) {
            const Job job = std::move(jobs_.front());
            jobs_.pop_front();
            std::string line;
            bool fails = false;
            for (const std::string &word : job.words) {
                line += (line.empty() ? "" : " ") + word;
                fails = fails || broken.contains(word);
            }
            ran.push_back(line);
            inputs.push_back(job.input);
            if (job.done)
                job.done(fails ? std::optional<std::string>("no") : std::nullopt);
        }
    }

private:
    std::deque<Job> jobs_;
};

struct Place {
    char directory[32] = "/tmp/rtun-names-XXXXXX";
    FakeHelper helper;
    ResolverPaths paths;
    std::vector<std::string> problems;

    Place() {
        EXPECT_NE(::mkdtemp(directory), nullptr);
        const std::string top = directory;
        paths.file = top + "/resolv.conf";
        paths.resolved = top + "/resolved";
        paths.resolvectl = "resolvectl";
        paths.resolvconf = {"resolvconf"};
        paths.entries = {top + "/entries"};
        paths.netns = 7;
        std::ofstream(paths.file) << "nameserver 192.0.2.53\n";
    }
    ~Place() { std::filesystem::remove_all(directory); }
    Place(const Place &) = delete;
    Place &operator=(const Place &) = delete;

    void with_resolved() {
        helper.programs.insert("resolvectl");
        std::ofstream(paths.resolved) << "";
    }
    [[nodiscard]] NameServers make(const std::string &owner = "rtun") {
        return {helper, paths, owner,
                [this](const std::string &interface, const std::string &text) {
                    problems.push_back(interface + ": " + text);
                }};
    }
    [[nodiscard]] std::string file() const {
        std::ostringstream text;
        text << std::ifstream(paths.file).rdbuf();
        return text.str();
    }
};

const std::vector<base::Ipv4> Servers{base::Ipv4{0x0a000001}, base::Ipv4{0x0a000003}};
using Others = NameServers::Others;

TEST(NameServers, AreResolvedsWhereItRunsAndTheFileIsLeftAlone) {
    Place place;
    place.with_resolved();
    place.helper.programs.insert("resolvconf");
    NameServers names = place.make();
    names.use("office", Servers, Others::Ignored);
    names.use("home", Servers, Others::Kept);
    names.drop("office");
    place.helper.go();
    EXPECT_THAT(place.helper.ran,
                ElementsAre("resolvectl dns office 10.0.0.1 10.0.0.3",
                            "resolvectl domain office ~.", "resolvectl dns home 10.0.0.1 10.0.0.3",
                            "resolvectl domain home ", "resolvectl revert office"));
    EXPECT_EQ(place.file(), "nameserver 192.0.2.53\n");
    EXPECT_THAT(place.problems, IsEmpty());
}

TEST(NameServers, GoToTheNextServiceWhenOneRefuses) {
    Place place;
    place.with_resolved();
    place.helper.programs.insert("resolvconf");
    place.helper.broken = {"resolvectl", "-a"};
    NameServers names = place.make();
    names.use("office", Servers, Others::Kept);
    place.helper.go();
    EXPECT_THAT(place.helper.ran,
                ElementsAre("resolvectl dns office 10.0.0.1 10.0.0.3", "resolvectl domain office ",
                            "resolvconf -a office.rtun"));
    EXPECT_EQ(place.helper.inputs.back(), "nameserver 10.0.0.1\nnameserver 10.0.0.3\n");
    EXPECT_THAT(place.file(), HasSubstr("10.0.0.1"));
    EXPECT_EQ(place.problems.size(), 2U);
    names.drop("office");
    EXPECT_EQ(place.file(), "nameserver 192.0.2.53\n");
}

TEST(NameServers, AreNotExclusiveWhereResolvconfCannotAndThatIsSaid) {
    Place place;
    place.helper.programs.insert("resolvconf");
    place.helper.broken = {"-x"};
    NameServers names = place.make();
    names.use("office", Servers, Others::Ignored);
    place.helper.go();
    names.drop("office");
    place.helper.go();
    EXPECT_THAT(place.helper.ran,
                ElementsAre("resolvconf -x -a office.rtun", "resolvconf -a office.rtun",
                            "resolvconf -d office.rtun"));
    ASSERT_EQ(place.problems.size(), 1U);
    EXPECT_THAT(place.problems[0], HasSubstr("others are used"));
}

TEST(NameServers, ThatWereDroppedAreNotBroughtBackByALateAnswer) {
    Place place;
    place.with_resolved();
    place.helper.broken = {"dns"};
    NameServers names = place.make();
    names.use("office", Servers, Others::Kept);
    names.drop("office");
    place.helper.go();
    EXPECT_EQ(place.file(), "nameserver 192.0.2.53\n");
    EXPECT_THAT(place.problems, IsEmpty());
}

TEST(NameServers, OfANamespaceNeverReachTheServicesOfTheHost) {
    Place place;
    place.with_resolved();
    place.helper.programs.insert("resolvconf");
    place.paths.own_services = false;
    NameServers names = place.make();
    names.use("office", Servers, Others::Kept);
    place.helper.go();
    EXPECT_THAT(place.helper.ran, IsEmpty());
    EXPECT_THAT(place.file(), HasSubstr("# rtun section office rtun 7 first"));
}

TEST(NameServers, WithoutAPlaceToBeToldAreAProblemAndNoMore) {
    Place place;
    NameServers names(place.helper, base::fail(base::ErrorCode::NotFound, "there is no file"),
                      "rtun", [&](const std::string &interface, const std::string &text) {
                          place.problems.push_back(interface + ": " + text);
                      });
    names.use("office", Servers, Others::Kept);
    names.drop("office");
    EXPECT_THAT(place.problems, ElementsAre("office: there is no file"));
    fake::FakeKernel kernel;
    EXPECT_EQ(names.sweep(kernel).value(), 0U);
}

TEST(NameServers, OfKilledProgramsAreSweptAndThoseOfLivingOnesStay) {
    Place place;
    fake::FakeKernel kernel;
    kernel.add_foreign_link("pptp-out1");
    {
        NameServers killed = place.make();  // forgets, as a killed one does
        killed.use("office", Servers, Others::Ignored);
        NameServers living = place.make("connect-9");
        living.use("pptp-out1", Servers, Others::Kept);
        NameServers gone = place.make("connect-8");
        gone.use("pptp-out2", Servers, Others::Kept);
        place.paths.netns = 8;
        NameServers elsewhere = place.make("connect-7");
        elsewhere.use("pptp-out3", Servers, Others::Kept);
        place.paths.netns = 7;
    }
    NameServers names = place.make();
    EXPECT_EQ(names.sweep(kernel).value(), 2U);
    EXPECT_THAT(place.file(), Not(HasSubstr("office")));
    EXPECT_THAT(place.file(), HasSubstr("pptp-out1 connect-9"));
    EXPECT_THAT(place.file(), Not(HasSubstr("pptp-out2")));
    EXPECT_THAT(place.file(), HasSubstr("pptp-out3 connect-7"));
    EXPECT_THAT(place.file(), HasSubstr("\nnameserver 192.0.2.53\n"));
}

TEST(NameServers, EntriesOfResolvconfWithoutADeviceAreSwept) {
    Place place;
    place.helper.programs.insert("resolvconf");
    fake::FakeKernel kernel;
    kernel.add_foreign_link("office");
    std::filesystem::create_directory(place.paths.entries[0]);
    for (const char *name : {"office.rtun", "home.rtun", "eth0.dhclient"})
        std::ofstream(place.paths.entries[0] + "/" + name) << "nameserver 10.0.0.1\n";
    NameServers names = place.make();
    EXPECT_EQ(names.sweep(kernel).value(), 1U);
    place.helper.go();
    EXPECT_THAT(place.helper.ran, ElementsAre("resolvconf -d home.rtun"));
}

// -- the real helper

struct Shell {
    event::Loop loop = std::move(event::Loop::create().value());
    std::vector<std::string> answers;

    Helper::Job job(const std::string &script, const std::string &input = "") {
        return {.words = {"/bin/sh", "-c", script},
                .input = input,
                .done = [this](const std::optional<std::string> &failure) {
                    answers.push_back(failure.value_or("done"));
                }};
    }
};

TEST(Helper, RunsOneCommandAfterTheOtherWithItsInputAndSaysHowItEnded) {
    Shell shell;
    LoopHelper helper(shell.loop);
    char name[] = "/tmp/rtun-helper-XXXXXX";
    const int file = ::mkstemp(name);
    ASSERT_GE(file, 0);
    ::close(file);
    helper.run(shell.job(std::string("cat > ") + name, "first\n"));
    helper.run(shell.job(std::string("grep -q first ") + name));
    helper.run(shell.job("exit 3"));
    helper.run(shell.job("kill -9 $$"));
    helper.run({.words = {"/no/such/program"}, .input = {}, .done = shell.job("").done});
    EXPECT_TRUE(shell.answers.empty());
    while (shell.answers.size() < 5)
        ASSERT_TRUE(shell.loop.run_once(std::chrono::seconds(10)));
    EXPECT_EQ(shell.answers[0], "done");
    EXPECT_EQ(shell.answers[1], "done");
    EXPECT_EQ(shell.answers[2], "/bin/sh ended with status 3");
    EXPECT_EQ(shell.answers[3], "/bin/sh was ended by signal 9");
    EXPECT_THAT(shell.answers[4], HasSubstr("/no/such/program"));
    ::unlink(name);
    EXPECT_TRUE(helper.has("/bin/sh"));
    EXPECT_FALSE(helper.has("/no/such/program"));
}

}  // namespace
}  // namespace rtun::daemon
