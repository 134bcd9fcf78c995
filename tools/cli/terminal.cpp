// SPDX-License-Identifier: GPL-2.0-or-later
//
// A password that is not in a file. The terminal's settings are put back whatever way the question
// ends; for that the signals that would end us are blocked while it is open, and Ctrl-C is read as
// a character instead.
#include <cli/terminal.h>

#include <base/fd.h>

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <span>
#include <string_view>

namespace rtun::cli {

using base::ErrorCode;
using base::fail;
using base::Fd;
using base::Result;
using base::Secret;

namespace {

constexpr std::size_t longest = 255;  // octets; RFC 1334 section 2.2.1

// Without echo and without signals from keys, as long as it lives.
class Quiet {
public:
    explicit Quiet(int fd) : fd_(fd) {
        sigset_t ending;
        sigemptyset(&ending);
        for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP})
            sigaddset(&ending, number);
        ::sigprocmask(SIG_BLOCK, &ending, &mask_);
        saved_ = ::tcgetattr(fd_, &settings_) == 0;
        termios quiet = settings_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHOE | ECHOK | ICANON | ISIG);
        quiet.c_cc[VMIN] = 1;
        quiet.c_cc[VTIME] = 0;
        ok_ = saved_ && ::tcsetattr(fd_, TCSAFLUSH, &quiet) == 0;
    }
    ~Quiet() {
        if (saved_)
            ::tcsetattr(fd_, TCSAFLUSH, &settings_);
        ::sigprocmask(SIG_SETMASK, &mask_, nullptr);
    }
    Quiet(const Quiet &) = delete;
    Quiet &operator=(const Quiet &) = delete;

    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] const termios &settings() const { return settings_; }

private:
    int fd_;
    termios settings_{};
    sigset_t mask_{};
    bool saved_ = false;
    bool ok_ = false;
};

void say(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written < 0 && errno != EINTR)
            return;
        text.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
    }
}

// Waits for a key, but not longer than somebody wants us to live.
bool wait_for_key(int fd) {
    for (;;) {
        pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
        const int ready = ::poll(&waiting, 1, 200);
        if (ready > 0)
            return true;
        sigset_t pending;
        ::sigpending(&pending);
        for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
            if (sigismember(&pending, number) == 1)
                return false;
        }
        if (ready < 0 && errno != EINTR)
            return false;
    }
}

// Reads up to the end of the line: how many octets, or nothing if the human gave up.
std::optional<std::size_t> read_typed(int fd, const termios &settings,
                                      std::span<std::uint8_t> buffer) {
    std::size_t used = 0;
    for (;;) {
        cc_t key = 0;
        const ssize_t got = wait_for_key(fd) ? ::read(fd, &key, 1) : 0;
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0 || (key == settings.c_cc[VEOF] && used == 0) || key == settings.c_cc[VINTR] ||
            key == settings.c_cc[VQUIT])
            return std::nullopt;
        if (key == '\n' || key == '\r' || key == settings.c_cc[VEOF])
            return used;
        if (key == settings.c_cc[VERASE] || key == '\b' || key == 0x7f) {
            // A character of UTF-8 is its lead octet and those that continue it.
            while (used > 0 && (buffer[used - 1] & 0xc0U) == 0x80)
                used--;
            used -= used > 0 ? 1 : 0;
        } else if (key == settings.c_cc[VKILL]) {
            used = 0;
        } else if (used < buffer.size()) {
            buffer[used++] = key;
        }
    }
}

// What was read so far, as a password. Nothing: nobody gave one.
Result<Secret> password_of(std::span<std::uint8_t> buffer, std::optional<std::size_t> used) {
    Secret secret(base::View(buffer).first(used.value_or(0)));
    base::wipe(buffer);
    if (!used)
        return fail(ErrorCode::Invalid, "no password was given");
    if (secret.empty())
        return fail(ErrorCode::Invalid, "the password is empty");
    if (*used > longest)
        return fail(ErrorCode::Invalid, "the password is longer than 255 octets");
    return secret;
}

// The first line of standard input, an octet at a time: what follows is somebody else's.
Result<Secret> read_password() {
    std::array<std::uint8_t, longest + 2> buffer{};  // one more for the \r of a line
    std::size_t used = 0;
    bool ended = false;
    while (!ended && used < buffer.size()) {
        const ssize_t got = ::read(STDIN_FILENO, buffer.data() + used, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            const int why = errno;
            base::wipe(buffer);
            return fail(base::system_error("standard input", why));
        }
        ended = got == 0 || buffer[used] == '\n';
        if (got == 0 && used == 0)
            return fail(ErrorCode::Invalid,
                        "argument \"password-file\" is required: standard input "
                        "is no terminal, and there is no password in it");
        used += ended ? 0 : 1;
    }
    if (ended && used > 0 && buffer[used - 1] == '\r')
        used--;
    return password_of(buffer, used);
}

}  // namespace

Result<Secret> ask_password(const std::string &prompt) {
    if (::isatty(STDIN_FILENO) == 0)
        return read_password();
    const Fd terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
    if (!terminal.valid())
        return fail(ErrorCode::Invalid,
                    "argument \"password-file\" is required: there is no terminal to ask on");
    std::array<std::uint8_t, longest + 1> buffer{};
    std::optional<std::size_t> used;
    {
        const Quiet quiet(terminal.get());
        if (!quiet.ok())
            return fail(base::system_error("/dev/tty", errno));
        say(terminal.get(), prompt);
        used = read_typed(terminal.get(), quiet.settings(), buffer);
        say(terminal.get(), "\n");
    }
    return password_of(buffer, used);
}

}  // namespace rtun::cli
