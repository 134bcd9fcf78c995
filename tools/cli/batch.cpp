// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reading a batch.
#include <cli/batch.h>

#include <base/secret.h>

#include <fmt/format.h>

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

namespace rtun::cli {

using base::ErrorCode;
using base::fail;
using base::Result;

namespace {

constexpr std::size_t largest_batch = 16U << 20;  // octets, as a configuration file

struct CloseFile {
    void operator()(std::FILE *file) const {
        if (file != stdin)
            std::fclose(file);
    }
};

// The buffer of getline(3), which may hold a password.
struct LineBuffer {
    char *data = nullptr;
    std::size_t size = 0;

    LineBuffer() = default;
    LineBuffer(const LineBuffer &) = delete;
    LineBuffer &operator=(const LineBuffer &) = delete;
    ~LineBuffer() {
        if (data != nullptr)
            base::wipe({reinterpret_cast<std::uint8_t *>(data), size});
        std::free(data);
    }
};

// What comes over a pipe nobody else can read; a file must be closed to others.
config::Secrets secrets_in(std::FILE *file) {
    struct stat st {};
    if (::fstat(::fileno(file), &st) < 0)
        return config::Secrets::Refused;
    const bool open_to_others = S_ISREG(st.st_mode) && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0;
    return open_to_others ? config::Secrets::Refused : config::Secrets::Allowed;
}

}  // namespace

Result<Batch> read_batch(const std::string &path) {
    const std::unique_ptr<std::FILE, CloseFile> file(path == "-" ? stdin
                                                                 : std::fopen(path.c_str(), "re"));
    if (!file) {
        base::Error error = base::system_error(path, errno);
        error.code = ErrorCode::Invalid;
        return fail(std::move(error));
    }
    Batch batch{.name = path == "-" ? "(standard input)" : path,
                .secrets = secrets_in(file.get()),
                .lines = {}};
    LineBuffer buffer;
    std::size_t size = 0;
    for (std::uint32_t number = 1;; number++) {
        const ssize_t length = ::getline(&buffer.data, &buffer.size, file.get());
        if (length < 0)
            break;
        std::string_view text(buffer.data, static_cast<std::size_t>(length));
        size += text.size();
        if (size > largest_batch)
            return fail(ErrorCode::Invalid,
                        fmt::format("{}: is larger than {} octets", batch.name, largest_batch));
        if (text.ends_with('\n'))
            text.remove_suffix(1);
        auto words = TRY(config::split_line(text, number, batch.name));
        if (!words.empty())
            batch.lines.push_back(std::move(words));
    }
    if (std::ferror(file.get()) != 0)
        return fail(base::system_error(batch.name, errno));
    return batch;
}

}  // namespace rtun::cli
