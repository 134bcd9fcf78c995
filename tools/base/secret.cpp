// SPDX-License-Identifier: GPL-2.0-or-later
//
// Keeping and reading secrets. A vector is only ever given its final size at once here, because
// growing one would leave an unwiped copy behind.
#include <base/secret.h>

#include <base/fd.h>

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace rtun::base {

Secret::Secret(std::string_view text) : Secret(as_bytes(text)) {}

Secret::Secret(View bytes) : bytes_(bytes.begin(), bytes.end()) {}

Secret::Secret(const Secret &other) = default;

Secret::Secret(Secret &&other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

Secret &Secret::operator=(const Secret &other) {
    if (this != &other) {
        wipe();
        bytes_ = Bytes(other.bytes_);
    }
    return *this;
}

Secret &Secret::operator=(Secret &&other) noexcept {
    if (this != &other) {
        wipe();
        bytes_ = std::exchange(other.bytes_, {});
    }
    return *this;
}

Secret::~Secret() { wipe(); }

void Secret::wipe() { base::wipe(bytes_); }

bool Secret::same_as(View other) const { return equal_constant_time(bytes_, other); }

void wipe(std::span<std::uint8_t> bytes) {
    if (!bytes.empty())
        ::explicit_bzero(bytes.data(), bytes.size());
}

void wipe(std::string &text) {
    text.resize(text.capacity());
    ::explicit_bzero(text.data(), text.size());
    text.clear();
}

void append_wiping(std::string &text, std::string_view more) {
    if (text.capacity() - text.size() < more.size()) {
        std::string larger;
        larger.reserve(std::max(2 * text.capacity(), text.size() + more.size()));
        larger.append(text);
        wipe(text);
        text.swap(larger);
    }
    text.append(more);
}

void erase_front_wiping(std::string &text, std::size_t count) {
    const std::size_t left = text.size() - std::min(count, text.size());
    std::memmove(text.data(), text.data() + (text.size() - left), left);
    ::explicit_bzero(text.data() + left, text.size() - left);
    text.resize(left);
}

bool equal_constant_time(View a, View b) {
    if (a.size() != b.size())
        return false;
    std::uint8_t difference = 0;
    for (std::size_t i = 0; i < a.size(); i++)
        difference = static_cast<std::uint8_t>(difference | (a[i] ^ b[i]));
    return difference == 0;
}

namespace {

// Longer than any password that PPP can carry.
constexpr std::size_t longest_line = 4096;

}  // namespace

Result<Secret> Secret::read_file(const std::string &path) {
    const auto refuse = [&path](std::string_view why, int errnum = 0) {
        return fail(ErrorCode::Invalid, fmt::format("{}: {}", path, why), errnum);
    };
    // O_NONBLOCK: a named pipe must not hold us up before it is found not to be a file.
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (!file.valid()) {
        Error error = system_error(path, errno);
        error.code = ErrorCode::Invalid;
        return fail(std::move(error));
    }
    struct stat st {};
    if (::fstat(file.get(), &st) < 0)
        return fail(system_error(path, errno));
    if (!S_ISREG(st.st_mode))
        return refuse("is not a regular file");
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return refuse(fmt::format("holds a secret but is open to others than its owner "
                                  "(mode {:04o}): chmod 600 {}",
                                  st.st_mode & 07777U, path));

    std::array<std::uint8_t, longest_line + 1> buffer{};
    std::size_t used = 0;
    int failed = 0;
    while (used < buffer.size()) {
        const ssize_t got = ::read(file.get(), buffer.data() + used, buffer.size() - used);
        if (got < 0 && errno == EINTR)
            continue;
        failed = got < 0 ? errno : 0;
        if (got <= 0)
            break;
        used += static_cast<std::size_t>(got);
    }
    const View content = View(buffer).first(used);
    const auto newline = std::find(content.begin(), content.end(), std::uint8_t{'\n'});
    const bool too_long = newline == content.end() && used > longest_line;
    View line = content.first(static_cast<std::size_t>(newline - content.begin()));
    if (!line.empty() && line.back() == '\r')
        line = line.first(line.size() - 1);
    Secret secret(line);
    base::wipe(buffer);

    if (failed != 0)
        return fail(system_error(path, failed));
    if (too_long)
        return refuse(fmt::format("its first line is longer than {} octets", longest_line));
    if (secret.empty())
        return refuse("its first line is empty, expected a secret");
    return secret;
}

}  // namespace rtun::base
