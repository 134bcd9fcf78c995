// SPDX-License-Identifier: GPL-2.0-or-later
//
// Programs of on-up and on-down, for real: they are written to a folder of the test's own, and
// leave there what they have seen.
#include <daemon/scripts.h>

#include <base/log.h>

#include <gmock/gmock.h>

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

namespace rtun::daemon {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct ScriptsTest : testing::Test {
    std::filesystem::path folder;
    event::Loop loop = event::Loop::create().value();

    void SetUp() override {
        std::string name =
            (std::filesystem::temp_directory_path() / "rtun-scripts.XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder = name;
        base::log::set_level(base::log::Level::Debug);
    }
    void TearDown() override {
        base::log::set_level(base::log::Level::Info);
        std::filesystem::remove_all(folder);
    }

    [[nodiscard]] static Scripts::Limits limits() {
        Scripts::Limits limits;
        limits.owner = ::geteuid();
        return limits;
    }

    std::string program(const std::string &name, const std::string &body) const {
        const auto path = folder / name;
        std::ofstream(path) << "#!/bin/sh\ncd " << folder.string() << " || exit 99\n" << body;
        EXPECT_EQ(::chmod(path.c_str(), 0755), 0);
        return path.string();
    }

    static Script script(const std::string &path, const std::string &interface,
                         std::vector<std::string> arguments = {}) {
        return {.event = "on-up",
                .interface = interface,
                .user = "jack",
                .program = {.path = path,
                            .arguments = std::move(arguments),
                            .environment = {"PATH=/usr/bin:/bin", "RTUN_USER=jack \"; x"}}};
    }

    [[nodiscard]] std::string content(const std::string &name) const {
        std::ostringstream all;
        all << std::ifstream(folder / name).rdbuf();
        return all.str();
    }

    // Turns the loop until it holds, or twenty seconds have passed.
    bool until(const std::function<bool()> &condition) {
        const auto end = base::Clock::now() + 20s;
        while (!condition() && base::Clock::now() < end)
            if (!loop.run_once(50ms))
                return false;
        return condition();
    }
    bool finish(Scripts &scripts) {
        return until([&] { return scripts.idle(); });
    }
};

TEST_F(ScriptsTest, a_program_gets_its_arguments_and_its_environment_and_nothing_else) {
    const auto path = program("show", "printf '%s|' \"$@\" >args; env >env; pwd >>env\n"
                                      "ls /proc/self/fd >fds; umask >mask\n");
    ASSERT_EQ(::setenv("RTUN_TEST_SECRET", "x", 1), 0);
    Scripts scripts(loop, limits());
    ASSERT_TRUE(scripts.run(script(path, "a", {"one", "two words", "$(id)"})).has_value());
    ASSERT_TRUE(finish(scripts));
    EXPECT_EQ(content("args"), "one|two words|$(id)|");
    EXPECT_THAT(content("env"), HasSubstr("RTUN_USER=jack \"; x\n"));
    EXPECT_THAT(content("env"), Not(HasSubstr("RTUN_TEST_SECRET")));
    // 0 to 2, and the one that ls reads the folder with.
    EXPECT_EQ(content("fds"), "0\n1\n2\n3\n");
    EXPECT_EQ(content("mask"), "0022\n");
}

TEST_F(ScriptsTest, a_program_has_no_capability_and_cannot_get_one) {
    const auto path = program("caps", "grep -E '^(Cap(Inh|Prm|Eff|Amb)|NoNewPrivs|SigBlk|SigIgn)' "
                                      "/proc/self/status >status\n");
    (void)std::signal(SIGPIPE, SIG_IGN);  // as the daemon does
    Scripts scripts(loop, limits());
    ASSERT_TRUE(scripts.run(script(path, "a")).has_value());
    ASSERT_TRUE(finish(scripts));
    std::istringstream lines(content("status"));
    int seen = 0;
    // Signals 32 and 33 are the C library's own: it lets nobody change what was inherited.
    const std::uint64_t theirs = 0x180000000;
    for (std::string name, value; lines >> name >> value; seen++) {
        const std::uint64_t bits = std::stoull(value, nullptr, 16);
        EXPECT_EQ(bits & (name == "SigIgn:" ? ~theirs : ~std::uint64_t{0}),
                  name == "NoNewPrivs:" ? 1U : 0U)
            << name << ' ' << value;
    }
    EXPECT_EQ(seen, 7);
    EXPECT_EQ(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0) << "ours are as they were";
}

TEST_F(ScriptsTest, those_of_one_interface_run_in_their_order_and_others_beside_them) {
    // The first one of "a" ends when the one of "b" has been there.
    const auto waits = program("waits", "while [ ! -e b-was-here ]; do sleep 0.02; done\n"
                                        "echo first >>order\n");
    const auto second = program("second", "echo second >>order\n");
    const auto beside = program("beside", "touch b-was-here\n");
    Scripts scripts(loop, limits());
    ASSERT_TRUE(scripts.run(script(waits, "a")).has_value());
    ASSERT_TRUE(scripts.run(script(second, "a")).has_value());
    ASSERT_TRUE(scripts.run(script(beside, "b")).has_value());
    ASSERT_TRUE(finish(scripts));
    EXPECT_EQ(content("order"), "first\nsecond\n");
}

TEST_F(ScriptsTest, more_than_a_few_wait_and_all_get_their_turn) {
    const auto path = program("count", "mkdir run-$$ && ls -d run-* | wc -l >>counts\n"
                                       "sleep 0.05; rmdir run-$$\n");
    Scripts::Limits two = limits();
    two.at_once = 2;
    Scripts scripts(loop, two);
    for (int i = 0; i < 9; i++)
        ASSERT_TRUE(scripts.run(script(path, "if" + std::to_string(i))).has_value());
    ASSERT_TRUE(finish(scripts));
    std::istringstream counts(content("counts"));
    int runs = 0;
    for (int at_once = 0; counts >> at_once; runs++)
        EXPECT_LE(at_once, 2);
    EXPECT_EQ(runs, 9);
}

TEST_F(ScriptsTest, who_waits_is_called_when_the_last_has_ended) {
    const auto path = program("short", "exit 3\n");
    Scripts scripts(loop, limits());
    bool called = false;
    ASSERT_TRUE(scripts.run(script(path, "a")).has_value());
    ASSERT_TRUE(scripts.run(script(path, "a")).has_value());
    scripts.when_idle([&] { called = scripts.idle(); });
    EXPECT_TRUE(until([&] { return called; }));
}

TEST_F(ScriptsTest, no_more_wait_than_may) {
    const auto path = program("long", "sleep 60\n");
    Scripts::Limits few = limits();
    few.at_once = 1;
    few.waiting = 2;
    Scripts scripts(loop, few);
    for (int i = 0; i < 3; i++)
        EXPECT_TRUE(scripts.run(script(path, "a")).has_value());
    const auto refused = scripts.run(script(path, "a"));
    ASSERT_FALSE(refused.has_value());
    EXPECT_THAT(refused.error().text, HasSubstr("2 programs wait already"));
}

TEST_F(ScriptsTest, one_that_takes_too_long_is_ended_with_what_it_has_started) {
    const auto path = program("long", "trap '' TERM; sleep 60 & echo $! >child; wait; sleep 60\n");
    Scripts::Limits quick = limits();
    quick.time = 300ms;
    quick.grace = 300ms;
    Scripts scripts(loop, quick);
    testing::internal::CaptureStderr();
    ASSERT_TRUE(scripts.run(script(path, "a")).has_value());
    ASSERT_TRUE(finish(scripts));
    EXPECT_THAT(testing::internal::GetCapturedStderr(),
                HasSubstr("took more than 300 ms and was killed"));
    const pid_t child = std::stoi(content("child"));
    EXPECT_TRUE(until([&] {
        std::ifstream status("/proc/" + std::to_string(child) + "/stat");
        std::string number, name, state;
        return !(status >> number >> name >> state) || state == "Z";
    }));
}

TEST_F(ScriptsTest, what_it_prints_and_how_it_ends_is_told_a_bounded_part_of_it) {
    const auto path = program("talks", "echo hello; printf 'a\\033[2Jb\\n' >&2; printf unended; "
                                       "exit 7\n");
    const auto floods =
        program("floods", "i=0; while [ $i -lt 1000 ]; do echo line $i; i=$((i+1)); "
                          "done; head -c 100000 /dev/zero | tr '\\0' x; echo\n");
    Scripts scripts(loop, limits());
    testing::internal::CaptureStderr();
    ASSERT_TRUE(scripts.run(script(path, "a")).has_value());
    ASSERT_TRUE(scripts.run(script(floods, "b")).has_value());
    ASSERT_TRUE(finish(scripts));
    const std::string told = testing::internal::GetCapturedStderr();
    EXPECT_THAT(told, HasSubstr("on-up of a: hello\n"));
    EXPECT_THAT(told, HasSubstr("on-up of a: a?[2Jb\n"));
    EXPECT_THAT(told, HasSubstr("on-up of a: unended\n"));
    EXPECT_THAT(told, HasSubstr("talks failed with status 7"));
    EXPECT_THAT(told, HasSubstr("on-up of b: line 99\n"));
    EXPECT_THAT(told, Not(HasSubstr("line 100\n")));
    EXPECT_THAT(told, HasSubstr("only its first 100 lines were told"));
    EXPECT_LT(told.size(), 20000u);
}

TEST_F(ScriptsTest, one_that_leaves_a_process_behind_does_not_hold_us_up) {
    const auto path = program("leaves", "sleep 30 & echo $! >child\n");
    Scripts scripts(loop, limits());
    ASSERT_TRUE(scripts.run(script(path, "a")).has_value());
    ASSERT_TRUE(finish(scripts));
    ::kill(std::stoi(content("child")), SIGKILL);
}

TEST_F(ScriptsTest, one_that_cannot_be_executed_is_told_and_the_next_has_its_turn) {
    const auto bad = (folder / "bad").string();
    std::ofstream(bad) << "#!/no/such/interpreter\n";
    ASSERT_EQ(::chmod(bad.c_str(), 0755), 0);
    const auto good = program("good", "touch ran\n");
    Scripts scripts(loop, limits());
    testing::internal::CaptureStderr();
    ASSERT_TRUE(scripts.run(script(bad, "a")).has_value());
    ASSERT_TRUE(scripts.run(script(good, "a")).has_value());
    ASSERT_TRUE(finish(scripts));
    EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("No such file or directory"));
    EXPECT_TRUE(std::filesystem::exists(folder / "ran"));
}

TEST_F(ScriptsTest, the_end_of_the_daemon_leaves_none_running) {
    const auto path = program("long", "echo $$ >pid; sleep 60\n");
    pid_t pid = -1;
    {
        Scripts scripts(loop, limits());
        ASSERT_TRUE(scripts.run(script(path, "a")).has_value());
        ASSERT_TRUE(until([&] { return content("pid").ends_with('\n'); }));
        pid = std::stoi(content("pid"));
    }
    EXPECT_EQ(::kill(pid, 0), -1);
}

// -- who may have written it

struct CheckProgram : ScriptsTest {
    std::string why(const std::string &path) const {
        const auto checked = check_program(path, ::geteuid());
        return checked ? "" : checked.error().text;
    }
};

TEST_F(CheckProgram, takes_a_file_that_only_its_owner_can_change) {
    EXPECT_EQ(why(program("fine", "")), "");
    EXPECT_EQ(why("/bin/sh"), "");  // a link, and one on the way
}

TEST_F(CheckProgram, refuses_what_others_can_write_to) {
    const auto path = program("open", "");
    ASSERT_EQ(::chmod(path.c_str(), 0775), 0);
    EXPECT_EQ(why(path), path + " can be written by others than root");
    ASSERT_EQ(::chmod(path.c_str(), 0755), 0);
    ASSERT_EQ(::chmod(folder.c_str(), 0777), 0);
    EXPECT_EQ(why(path), folder.string() + " can be written by others than root");
}

TEST_F(CheckProgram, refuses_what_belongs_to_somebody_else) {
    const auto path = program("his", "");
    EXPECT_EQ(check_program(path, 0).has_value(), ::geteuid() == 0);
    if (::geteuid() != 0)
        return;
    ASSERT_EQ(::chown(path.c_str(), 65534, 65534), 0);
    EXPECT_EQ(why(path), path + " does not belong to root");
    const auto link = (folder / "link").string();
    ASSERT_EQ(::symlink("/bin/true", link.c_str()), 0);
    ASSERT_EQ(::lchown(link.c_str(), 65534, 65534), 0);
    EXPECT_EQ(why(link), link + " does not belong to root");
}

TEST_F(CheckProgram, follows_links_to_where_the_file_is) {
    const auto path = program("real", "");
    const auto link = (folder / "link").string();
    ASSERT_EQ(::symlink(path.c_str(), link.c_str()), 0);
    EXPECT_EQ(check_program(link, ::geteuid()).value_or(""),
              std::filesystem::canonical(path).string());
    ASSERT_EQ(::chmod(path.c_str(), 0757), 0);
    EXPECT_THAT(why(link), HasSubstr("can be written by others"));
}

TEST_F(CheckProgram, refuses_what_is_no_program) {
    EXPECT_EQ(why("on-up.sh"), "\"on-up.sh\" is not an absolute path");
    EXPECT_EQ(why(""), "\"\" is not an absolute path");
    EXPECT_EQ(why("/no/such/file"), "/no/such/file: No such file or directory");
    EXPECT_EQ(why(folder.string()), folder.string() + " is not a file");
    const auto path = program("plain", "");
    ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
    EXPECT_EQ(why(path), path + " cannot be executed");
}

}  // namespace
}  // namespace rtun::daemon
