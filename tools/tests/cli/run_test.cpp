// SPDX-License-Identifier: GPL-2.0-or-later
//
// The whole command line, from argv to the exit status, as far as no kernel is needed.
#include <cli/cli.h>

#include <base/fd.h>

#include <gmock/gmock.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

namespace rtun::cli {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct Ran {
    int status = -1;
    std::string out;
    std::string err;
};

struct Started {
    config::Client client;
    std::string daemon_file;
    int connects = 0;
    int daemons = 0;
};

Ran run_args(std::vector<std::string> args, Started *started = nullptr) {
    ::setenv("RTUN_SOCKET", "/nonexistent/rtun.sock", 1);
    const Programs programs{.version = "9.9",
                            .connect =
                                [&](const config::Connect &connect, const Options &) {
                                    if (started != nullptr) {
                                        started->client = connect.client;
                                        started->connects++;
                                    }
                                    return 5;
                                },
                            .daemon =
                                [&](const config::Daemon &daemon, const Options &) {
                                    if (started != nullptr) {
                                        started->daemon_file = daemon.file;
                                        started->daemons++;
                                    }
                                    return 0;
                                }};
    args.insert(args.begin(), "rtun");
    std::vector<char *> argv;
    for (std::string &arg : args)
        argv.push_back(arg.data());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    Ran ran;
    ran.status = run(static_cast<int>(argv.size()), argv.data(), programs);
    ran.out = testing::internal::GetCapturedStdout();
    ran.err = testing::internal::GetCapturedStderr();
    return ran;
}

// A file of commands that goes when the test ends.
class Scratch {
public:
    explicit Scratch(const std::string &text, mode_t mode = 0600) {
        const int fd = ::mkstemp(path_);
        EXPECT_GE(fd, 0);
        EXPECT_EQ(::write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
        EXPECT_EQ(::fchmod(fd, mode), 0);
        ::close(fd);
    }
    ~Scratch() { ::unlink(path_); }
    Scratch(const Scratch &) = delete;
    Scratch &operator=(const Scratch &) = delete;
    [[nodiscard]] std::string path() const { return path_; }

private:
    char path_[32] = "/tmp/rtun-batch-XXXXXX";
};

TEST(Run, HelpAtAnyDepthGoesToStandardOutput) {
    for (const std::vector<std::string> &args :
         std::vector<std::vector<std::string>>{{"help"},
                                               {"-h"},
                                               {"client", "help"},
                                               {"client", "add", "help"},
                                               {"connect", "help"},
                                               {"client", "-h"},
                                               {"monitor", "help"},
                                               {"config", "save", "help"}}) {
        const Ran ran = run_args(args);
        EXPECT_EQ(ran.status, 0);
        EXPECT_THAT(ran.out, StartsWith("Usage: rtun"));
        EXPECT_EQ(ran.err, "");
    }
    EXPECT_THAT(run_args({"help"}).out, HasSubstr("OPTIONS := {"));
    EXPECT_THAT(run_args({"client", "help"}).out, Not(HasSubstr("OPTIONS :=")));
}

TEST(Run, WithoutWordsUsageGoesToStandardError) {
    const Ran ran = run_args({});
    EXPECT_EQ(ran.status, 1);
    EXPECT_EQ(ran.out, "");
    EXPECT_THAT(ran.err, StartsWith("Usage: rtun"));
}

TEST(Run, TheVersionIsThatOfTheProgram) { EXPECT_EQ(run_args({"-V"}).out, "rtun 9.9\n"); }

TEST(Run, AMistakeIsOneLineAndStatusOne) {
    for (const std::vector<std::string> &args :
         std::vector<std::vector<std::string>>{{"frob"},
                                               {"-x"},
                                               {"client", "add", "a", "encpa", "x"},
                                               {"client", "set", "a"},
                                               {"-b", "f", "client"},
                                               {"-b", "/nonexistent/batch"},
                                               {"config", "check", "/nonexistent"},
                                               {"client", "set", "a", "password", "x"}}) {
        const Ran ran = run_args(args);
        EXPECT_EQ(ran.status, 1) << ran.err;
        EXPECT_EQ(ran.out, "");
        EXPECT_THAT(ran.err, StartsWith("Error: "));
        EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1);
    }
    EXPECT_THAT(run_args({"client", "add", "a", "encpa", "x"}).err,
                StartsWith("Error: argument \"encpa\" is wrong: "));
}

TEST(Run, WithoutADaemonTheStatusIsThree) {
    for (const std::vector<std::string> &args :
         std::vector<std::vector<std::string>>{{"client"},
                                               {"export"},
                                               {"config", "save"},
                                               {"client", "enable", "a"},
                                               {"monitor", "client"}}) {
        const Ran ran = run_args(args);
        EXPECT_EQ(ran.status, 3) << ran.err;
        EXPECT_THAT(ran.err, HasSubstr("no daemon listens on /nonexistent/rtun.sock"));
    }
}

TEST(Run, ANamespaceThatIsNotThereIsRefused) {
    const Ran ran = run_args({"-n", "no-such-ns", "session"});
    EXPECT_EQ(ran.status, 2);
    EXPECT_THAT(ran.err, HasSubstr("no network namespace \"no-such-ns\""));
}

TEST(Run, ConnectAndDaemonAreHandedOnWithTheirStatus) {
    Started started;
    const Ran ran =
        run_args({"connect", "type", "pptp", "connect-to", "h", "user", "u", "password-file", "/p"},
                 &started);
    EXPECT_EQ(ran.status, 5);
    EXPECT_EQ(started.connects, 1);
    EXPECT_EQ(started.client.password_file, "/p");
    EXPECT_EQ(run_args({"daemon", "config", "/x"}, &started).status, 0);
    EXPECT_EQ(started.daemon_file, "/x");
}

TEST(Run, ConfigCheckSaysWhetherAFileIsRight) {
    const Scratch good("client add a type pptp connect-to h user u password p\n");
    const Ran right = run_args({"config", "check", good.path()});
    EXPECT_EQ(right.status, 0) << right.err;
    EXPECT_EQ(right.out, good.path() + ": ok  1 client  0 pseudowires\n");
    EXPECT_EQ(run_args({"-j", "config", "check", good.path()}).out,
              "[{\"file\":\"" + good.path() +
                  "\",\"clients\":1,\"pseudowires\":0,\"secrets\":0,"
                  "\"profiles\":0,\"pools\":0,\"interfaces\":0}]\n");
    const Scratch bad("client add a type pptp\n  client add b typ pptp\n");
    const Ran wrong = run_args({"config", "check", bad.path()});
    EXPECT_EQ(wrong.status, 1);
    EXPECT_THAT(wrong.err, StartsWith("Error: " + bad.path() + ":1:19: argument \"connect-to\""));
}

TEST(Run, AMistakeInABatchChangesNothingAndIsNamedWithItsPlace) {
    const Scratch good("client add a type pptp connect-to h user u password-file /p\n");
    const std::string check = "config check " + good.path() + "\n";
    for (const auto &[last, where] : std::vector<std::pair<std::string, std::string>>{
             {"config chek x\nfrob\n", ":3:8: argument \"chek\""},
             {"  config check 'x\n", ":3:16: a quote is opened"},
             {"\n  monitor", ":4:3: \"monitor\" cannot stand in a batch"}}) {
        const Scratch batch("# first\n" + check + last);
        const Ran ran = run_args({"-b", batch.path()});
        EXPECT_EQ(ran.status, 1);
        EXPECT_EQ(ran.out, "") << "the good line before it was carried out";
        EXPECT_THAT(ran.err, StartsWith("Error: " + batch.path() + where));
        EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1);
    }
    const Scratch batch(check + "\n" + check);
    EXPECT_EQ(run_args({"-b", batch.path()}).out, good.path() + ": ok  1 client  0 pseudowires\n" +
                                                      good.path() +
                                                      ": ok  1 client  0 pseudowires\n");
}

TEST(Run, ABatchStopsAtTheFirstLineThatFails) {
    const Scratch good("client add a type pptp connect-to h user u password-file /p\n");
    const std::string check = "config check " + good.path() + "\n";
    const Scratch refused(check + "\nclient show\n" + check);
    const Ran no_daemon = run_args({"-b", refused.path()});
    EXPECT_EQ(no_daemon.status, 3);
    EXPECT_EQ(no_daemon.out, good.path() + ": ok  1 client  0 pseudowires\n");
    EXPECT_THAT(no_daemon.err, StartsWith("Error: " + refused.path() + ":3: no daemon"));
}

TEST(Run, ABatchOfStandardInputIsReadToItsEndFirst) {
    const Scratch good("client add a type pptp connect-to h user u password-file /p\n");
    const std::string check = "config check " + good.path() + "\n";
    const Scratch right(check);
    const Scratch wrong(check + "frob");
    const base::Fd saved(::dup(STDIN_FILENO));
    for (const auto &[path, status] : {std::pair{right.path(), 0}, std::pair{wrong.path(), 1}}) {
        const base::Fd file(::open(path.c_str(), O_RDONLY));
        ASSERT_GE(::dup2(file.get(), STDIN_FILENO), 0);
        const Ran ran = run_args({"-b", "-"});
        EXPECT_EQ(ran.status, status) << ran.err;
        EXPECT_EQ(ran.out.empty(), status != 0);
        EXPECT_THAT(ran.err, StartsWith(status == 0 ? "" : "Error: (standard input):2:1: "));
    }
    ASSERT_GE(::dup2(saved.get(), STDIN_FILENO), 0);
}

TEST(Run, APasswordForConnectComesFromStandardInputIfThatIsNoTerminal) {
    const std::vector<std::string> args{"connect", "type", "pptp", "connect-to", "h", "user", "u"};
    const base::Fd saved(::dup(STDIN_FILENO));
    const auto connect_with = [&](const std::string &text, Started &started) {
        const Scratch input(text);
        const base::Fd file(::open(input.path().c_str(), O_RDONLY));
        EXPECT_GE(::dup2(file.get(), STDIN_FILENO), 0);
        return run_args(args, &started);
    };
    Started started;
    EXPECT_EQ(connect_with("hunter2\nmore\n", started).status, 5);
    EXPECT_EQ(started.connects, 1);
    EXPECT_TRUE(started.client.password.same_as(base::as_bytes("hunter2")));
    const Ran none = connect_with("", started);
    EXPECT_EQ(none.status, 1);
    EXPECT_EQ(started.connects, 1);
    EXPECT_THAT(none.err, StartsWith("Error: argument \"password-file\" is required"));
    EXPECT_EQ(std::count(none.err.begin(), none.err.end(), '\n'), 1);
    ASSERT_GE(::dup2(saved.get(), STDIN_FILENO), 0);
}

TEST(Run, WhatDoesNotEndCannotStandInABatch) {
    for (const char *line :
         {"monitor", "daemon", "connect type pptp connect-to h user u password-file /p"}) {
        const Scratch batch(line);
        Started started;
        const Ran ran = run_args({"-b", batch.path()}, &started);
        EXPECT_EQ(ran.status, 1);
        EXPECT_THAT(ran.err, HasSubstr("cannot stand in a batch"));
        EXPECT_EQ(started.connects + started.daemons, 0);
    }
}

TEST(Run, ABatchMayHoldPasswordsIfNobodyElseCanReadIt) {
    const std::string line = "client set a password hunter2\n";
    const Scratch closed(line);
    EXPECT_EQ(run_args({"-b", closed.path()}).status, 3) << "it got as far as the daemon";
    const Scratch open(line, 0644);
    const Ran ran = run_args({"-b", open.path()});
    EXPECT_EQ(ran.status, 1);
    EXPECT_THAT(ran.err, HasSubstr("chmod 600"));
    EXPECT_THAT(ran.err, Not(HasSubstr("hunter2")));
}

TEST(Run, CompletionIsOneWordALine) {
    EXPECT_EQ(run_args({"--complete-args", "client", "d"}).out, "del\ndisable\n");
    EXPECT_EQ(run_args({"--complete-args", "-j", "mon"}).out, "monitor\n");
    EXPECT_EQ(run_args({"--complete-args", "-x", "mon"}).out, "");
    EXPECT_EQ(run_args({"--complete-args", "client", "del", ""}).status, 0);
}

}  // namespace
}  // namespace rtun::cli
