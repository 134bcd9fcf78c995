// SPDX-License-Identifier: GPL-2.0-or-later
//
// A new file beside the old one, on the disk before it takes its name.
#include <daemon/store.h>

#include <base/fd.h>
#include <base/secret.h>
#include <config/grammar.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string_view>

namespace rtun::daemon {

namespace {

base::Status write_all(int fd, std::string_view data, const std::string &path) {
    while (!data.empty()) {
        const ssize_t written = ::write(fd, data.data(), data.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return base::fail(base::system_error("cannot write " + path, errno));
        data.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

// A text with passwords in it, of which nothing stays.
class WipedText {
public:
    WipedText() = default;
    WipedText(const WipedText &) = delete;
    WipedText &operator=(const WipedText &) = delete;
    ~WipedText() { base::wipe(text_); }
    void add(std::string_view more) { base::append_wiping(text_, more); }
    [[nodiscard]] std::string_view view() const { return text_; }

private:
    std::string text_;
};

// Removes the file unless it has been given its name.
class Draft {
public:
    explicit Draft(std::string path) : path_(std::move(path)) {}
    Draft(const Draft &) = delete;
    Draft &operator=(const Draft &) = delete;
    ~Draft() {
        if (!path_.empty())
            (void)::unlink(path_.c_str());
    }
    void done() { path_.clear(); }

private:
    std::string path_;
};

}  // namespace

base::Status save_config(const config::Config &config, const std::string &path) {
    WipedText text;
    text.add("# rtun configuration: a list of rtun commands\n");
    for (std::string &line : config::export_lines(config, config::Reveal::Show)) {
        text.add(line);
        text.add("\n");
        base::wipe(line);
    }

    std::string name = path + ".XXXXXX";
    const base::Fd fd(::mkostemp(name.data(), O_CLOEXEC));  // mode 0600
    if (!fd.valid())
        return base::fail(base::system_error("cannot create " + name, errno));
    Draft draft(name);
    if (::fchmod(fd.get(), 0600) < 0)
        return base::fail(base::system_error("cannot protect " + name, errno));
    TRY(write_all(fd.get(), text.view(), name));
    if (::fsync(fd.get()) < 0)
        return base::fail(base::system_error("cannot write " + name, errno));
    if (::rename(name.c_str(), path.c_str()) < 0)
        return base::fail(base::system_error("cannot replace " + path, errno));
    draft.done();

    // The rename itself; the file is right in any case, so what fails here is not told.
    const std::string directory = std::filesystem::path(path).parent_path().string();
    const base::Fd parent(
        ::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (parent.valid())
        (void)::fsync(parent.get());
    return {};
}

}  // namespace rtun::daemon
