// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reading a batch.
#include <cli/batch.h>

#include <base/secret.h>

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>

namespace rtun::cli {

using base::Status;

namespace {

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

Status run_batch(const std::string &path, const BatchLine &line) {
    const std::unique_ptr<std::FILE, CloseFile> file(path == "-" ? stdin
                                                                 : std::fopen(path.c_str(), "re"));
    if (!file) {
        base::Error error = base::system_error(path, errno);
        error.code = base::ErrorCode::Invalid;
        return base::fail(std::move(error));
    }
    const std::string name = path == "-" ? "(standard input)" : path;
    const config::Secrets secrets = secrets_in(file.get());
    LineBuffer buffer;
    for (std::uint32_t number = 1;; number++) {
        const ssize_t length = ::getline(&buffer.data, &buffer.size, file.get());
        if (length < 0)
            break;
        std::string_view text(buffer.data, static_cast<std::size_t>(length));
        if (text.ends_with('\n'))
            text.remove_suffix(1);
        const auto words = TRY(config::split_line(text, number, name));
        if (!words.empty())
            TRY(line(words, secrets, name));
    }
    if (std::ferror(file.get()) != 0)
        return base::fail(base::system_error(name, errno));
    return {};
}

}  // namespace rtun::cli
