// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reading a batch. What was read may hold passwords, so no copy of it is left behind.
#include <cli/batch.h>

#include <base/fd.h>
#include <base/secret.h>

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

namespace rtun::cli {

using base::ErrorCode;
using base::fail;
using base::Result;
using base::Status;

namespace {

constexpr std::size_t largest_batch = 16U << 20;  // octets, as a configuration file

// What comes over a pipe nobody else can read; a file must be closed to others.
config::Secrets secrets_in(int file) {
    struct stat st {};
    if (::fstat(file, &st) < 0)
        return config::Secrets::Refused;
    const bool open_to_others = S_ISREG(st.st_mode) && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0;
    return open_to_others ? config::Secrets::Refused : config::Secrets::Allowed;
}

// Into the text, whatever comes of it, so that the caller can wipe what there is.
Status read_all(int file, const std::string &name, std::string &text) {
    std::array<char, 16384> buffer;
    for (;;) {
        const ssize_t got = ::read(file, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(base::system_error(name, errno));
        if (got == 0)
            return {};
        const auto size = static_cast<std::size_t>(got);
        base::append_wiping(text, {buffer.data(), size});
        base::wipe({reinterpret_cast<std::uint8_t *>(buffer.data()), size});
        if (text.size() > largest_batch)
            return fail(ErrorCode::Invalid,
                        fmt::format("{}: is larger than {} octets", name, largest_batch));
    }
}

Status split(std::string_view text, Batch &batch) {
    for (std::uint32_t number = 1; !text.empty(); number++) {
        const std::size_t end = text.find('\n');
        auto words = TRY(config::split_line(text.substr(0, end), number, batch.name));
        if (!words.empty())
            batch.lines.push_back(std::move(words));
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    }
    return {};
}

}  // namespace

Result<Batch> read_batch(const std::string &path) {
    base::Fd opened;
    if (path != "-") {
        opened = base::Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
        if (!opened.valid()) {
            base::Error error = base::system_error(path, errno);
            error.code = ErrorCode::Invalid;
            return fail(std::move(error));
        }
    }
    const int file = path == "-" ? STDIN_FILENO : opened.get();
    Batch batch{
        .name = path == "-" ? "(standard input)" : path, .secrets = secrets_in(file), .lines = {}};
    std::string text;
    Status done = read_all(file, batch.name, text);
    if (done)
        done = split(text, batch);
    base::wipe(text);
    TRY(done);
    return batch;
}

}  // namespace rtun::cli
