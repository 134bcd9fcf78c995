// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where messages go. $JOURNAL_STREAM names the device and inode of the stream that systemd gave us
// as standard error (systemd.exec(5)); if that is what standard error still is, messages go to the
// journal with their fields. Else they are lines of text; only where systemd started us, and reads
// them or somebody behind it does, "<N>" with the level stands before them (sd-daemon(3)). The only
// file that knows libsystemd's journal.
#include <base/log.h>

#define SD_JOURNAL_SUPPRESS_LOCATION  // of this file, which says nothing
#include <systemd/sd-journal.h>

#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <vector>

namespace rtun::base::log {

namespace {

// The process has one standard error and one verbosity.
std::atomic<Level> most_verbose_level{Level::Info};

bool stderr_is_journal() {
    const char *stream = std::getenv("JOURNAL_STREAM");
    struct stat st {};
    if (stream == nullptr || ::fstat(STDERR_FILENO, &st) < 0)
        return false;
    return fmt::format("{}:{}", st.st_dev, st.st_ino) == stream;
}

// Whether the reader of standard error may understand "<N>". A person at a terminal does not, nor
// does whoever collects the errors of a command; systemd tells a service about itself.
bool wants_level() {
    return ::isatty(STDERR_FILENO) == 0 &&
           (std::getenv("INVOCATION_ID") != nullptr || std::getenv("JOURNAL_STREAM") != nullptr);
}

bool send_to_journal(Level level, std::string_view id, Fields fields, std::string_view text) {
    std::vector<std::string> lines;
    lines.reserve(fields.size() + 3);
    lines.push_back(fmt::format("MESSAGE={}", text));
    lines.push_back(fmt::format("PRIORITY={}", static_cast<int>(level)));
    lines.push_back(fmt::format("RTUN_ID={}", id));
    for (const auto &[name, value] : fields)
        lines.push_back(fmt::format("{}={}", name, value));

    std::vector<iovec> vector;
    vector.reserve(lines.size());
    for (std::string &line : lines)
        vector.push_back({line.data(), line.size()});
    return sd_journal_sendv(vector.data(), static_cast<int>(vector.size())) == 0;
}

void write_to_stderr(Level level, std::string_view text) {
    std::string line;
    if (wants_level())
        line = fmt::format("<{}>", static_cast<int>(level));
    // One message is one line and cannot steer a terminal, whatever it quotes.
    for (const char c : text)
        line.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c);
    line.push_back('\n');

    std::string_view left = line;
    while (!left.empty()) {
        const ssize_t written = ::write(STDERR_FILENO, left.data(), left.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;  // there is nobody left to tell
        left.remove_prefix(static_cast<std::size_t>(written));
    }
}

}  // namespace

void set_level(Level most_verbose) { most_verbose_level = most_verbose; }

bool enabled(Level level) { return level <= most_verbose_level.load(); }

void write(Level level, std::string_view id, Fields fields, std::string_view text) {
    if (!enabled(level))
        return;
    if (stderr_is_journal() && send_to_journal(level, id, fields, text))
        return;
    write_to_stderr(level, text);
}

}  // namespace rtun::base::log
