// SPDX-License-Identifier: GPL-2.0-or-later
//
// The password prompt on a terminal of its own, and a password that comes without one.
#include <cli/terminal.h>

#include <base/fd.h>

#include <gmock/gmock.h>

#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

namespace rtun::cli {
namespace {

struct Asked {
    std::string shown;  // on the terminal
    int status = -1;    // of the process: 0 if the password was "pw\xc3\xa4", 1 another, 2 an error
    int signal = 0;
    bool echo = false;  // afterwards
};

// Asks in a process whose terminal we hold, types this once the prompt is there.
Asked ask(const std::string &typed, int kill_with = 0) {
    Asked asked;
    int master = -1;
    const pid_t child = ::forkpty(&master, nullptr, nullptr, nullptr);
    if (child == 0) {
        std::signal(SIGTERM, SIG_DFL);
        const auto password = ask_password("Password: ");
        termios settings{};
        ::tcgetattr(STDIN_FILENO, &settings);
        const char echo = (settings.c_lflag & ECHO) != 0 ? 'E' : 'e';
        static_cast<void>(!::write(STDOUT_FILENO, &echo, 1));
        ::_exit(!password ? 2 : password->same_as(base::as_bytes("pw\xc3\xa4")) ? 0 : 1);
    }
    const base::Fd terminal(master);
    bool sent = false;
    char chunk[256];
    for (;;) {
        pollfd waiting{.fd = master, .events = POLLIN, .revents = 0};
        if (::poll(&waiting, 1, 10000) != 1)
            break;
        const ssize_t got = ::read(master, chunk, sizeof(chunk));
        if (got <= 0)
            break;
        asked.shown.append(chunk, static_cast<std::size_t>(got));
        if (!sent && asked.shown.find("Password: ") != std::string::npos) {
            sent = true;
            if (kill_with != 0)
                ::kill(child, kill_with);
            else
                EXPECT_EQ(::write(master, typed.data(), typed.size()),
                          static_cast<ssize_t>(typed.size()));
        }
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    asked.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    asked.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    asked.echo = asked.shown.ends_with("E");
    return asked;
}

TEST(AskPassword, IsTypedUnseenAndTheTerminalIsAsBefore) {
    const Asked asked = ask("pw\xc3\xa4\n");
    EXPECT_EQ(asked.status, 0);
    EXPECT_EQ(asked.shown, "Password: \r\nE");
}

TEST(AskPassword, KeysCorrectWhatWasTyped) {
    EXPECT_EQ(ask("pwx\x7f\xc3\xa4\n").status, 0);
    EXPECT_EQ(ask("pw\xc3\xa4\xc3\xb6\x7f\r").status, 0);
    EXPECT_EQ(ask("rubbish\x15pw\xc3\xa4\n").status, 0);
    EXPECT_EQ(ask("\x7f\x7fpw\xc3\xa4\n").status, 0);
    EXPECT_EQ(ask("pw\n").status, 1);
}

TEST(AskPassword, NothingOrCtrlCIsAnError) {
    EXPECT_EQ(ask("\n").status, 2);
    const Asked interrupted = ask("pw\x03");
    EXPECT_EQ(interrupted.status, 2);
    EXPECT_TRUE(interrupted.echo);
    EXPECT_EQ(ask("\x04").status, 2);
    EXPECT_EQ(ask(std::string(300, 'x') + "\n").status, 2);
}

// Asks in a process whose standard input is a pipe with this in it; what is left in it afterwards.
struct Piped {
    int status = -1;
    std::string left;
};

Piped ask_pipe(const std::string &input) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    EXPECT_EQ(::write(ends[1], input.data(), input.size()), static_cast<ssize_t>(input.size()));
    ::close(ends[1]);
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(ends[0], STDIN_FILENO);
        const auto password = ask_password("Password: ");
        ::_exit(!password ? 2 : password->same_as(base::as_bytes("pw\xc3\xa4")) ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    Piped piped{.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1, .left = {}};
    char chunk[1024];
    const ssize_t got = ::read(ends[0], chunk, sizeof(chunk));
    piped.left.assign(chunk, got > 0 ? static_cast<std::size_t>(got) : 0);
    ::close(ends[0]);
    return piped;
}

TEST(AskPassword, IsTheFirstLineOfAStandardInputThatIsNoTerminal) {
    EXPECT_EQ(ask_pipe("pw\xc3\xa4\n").status, 0);
    EXPECT_EQ(ask_pipe("pw\xc3\xa4").status, 0) << "the end is as good as a newline";
    EXPECT_EQ(ask_pipe("pw\xc3\xa4\r\n").status, 0);
    EXPECT_EQ(ask_pipe("pw\n").status, 1);
    const Piped followed = ask_pipe("pw\xc3\xa4\nmore\n");
    EXPECT_EQ(followed.status, 0);
    EXPECT_EQ(followed.left, "more\n");
}

TEST(AskPassword, OfStandardInputHasOneTo255Octets) {
    EXPECT_EQ(ask_pipe("").status, 2);
    EXPECT_EQ(ask_pipe("\n").status, 2);
    EXPECT_EQ(ask_pipe("\npw\xc3\xa4\n").status, 2);
    EXPECT_EQ(ask_pipe(std::string(255, 'x') + "\r\n").status, 1);
    EXPECT_EQ(ask_pipe(std::string(256, 'x') + "\n").status, 2);
    const Piped endless = ask_pipe(std::string(1000, 'x'));
    EXPECT_EQ(endless.status, 2);
    EXPECT_GT(endless.left.size(), 700U) << "no more is read than is needed to refuse it";
}

TEST(AskPassword, ASignalEndsIt) { EXPECT_EQ(ask("", SIGTERM).signal, SIGTERM); }

}  // namespace
}  // namespace rtun::cli
