// SPDX-License-Identifier: GPL-2.0-or-later
//
// The text, and the file. The file is replaced as a whole by rename(2), so that nobody ever reads a
// half of it; where that cannot be, because it is a mount point of its own (ip-netns(8) makes it
// one) or its directory is read-only, it is written over.
#include <daemon/resolv_conf.h>

#include <base/fd.h>

#include <fmt/format.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <utility>

namespace rtun::daemon {

using base::ErrorCode;
using base::fail;

namespace {

constexpr std::string_view SectionMark = "# rtun section ";
constexpr std::string_view EndMark = "# rtun end";
constexpr std::string_view MadeMark = "# rtun made this file";
constexpr std::string_view HiddenMark = "#rtun# ";

// The next line with its newline, if it has one.
std::string_view take_line(std::string_view &text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::size_t length = std::min(end + 1, text.size());
    const std::string_view line = text.substr(0, length);
    text.remove_prefix(length);
    return line;
}

std::string_view without_newline(std::string_view line) {
    if (line.ends_with('\n'))
        line.remove_suffix(1);
    return line;
}

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    for (std::size_t at = line.find_first_not_of(" \t"); at != line.npos;
         at = line.find_first_not_of(" \t", at)) {
        const std::size_t end = std::min(line.find_first_of(" \t", at), line.size());
        words.push_back(line.substr(at, end - at));
        at = end;
    }
    return words;
}

// The keyword stands at the beginning of the line (resolv.conf(5)).
bool is_name_server(std::string_view line) {
    constexpr std::string_view keyword = "nameserver";
    return line.starts_with(keyword) && line.size() > keyword.size() &&
           (line[keyword.size()] == ' ' || line[keyword.size()] == '\t');
}

std::string_view shown(std::string_view line) {
    if (line.starts_with(HiddenMark) && is_name_server(line.substr(HiddenMark.size())))
        line.remove_prefix(HiddenMark.size());
    return line;
}

std::optional<ResolvSection> begins_section(std::string_view line) {
    line = without_newline(line);
    if (!line.starts_with(SectionMark))
        return std::nullopt;
    const auto words = words_of(line.substr(SectionMark.size()));
    if (words.size() != 4)
        return std::nullopt;
    ResolvSection section;
    section.interface = words[0];
    section.owner = words[1];
    const auto [end, error] =
        std::from_chars(words[2].data(), words[2].data() + words[2].size(), section.netns);
    if (error != std::errc{} || end != words[2].data() + words[2].size())
        return std::nullopt;
    section.exclusive = words[3] == "exclusively";
    return section;
}

bool same_tunnel(const ResolvSection &a, const ResolvSection &b) {
    return a.interface == b.interface && a.owner == b.owner && a.netns == b.netns;
}

}  // namespace

ResolvText parse_resolv(std::string_view text) {
    ResolvText parsed;
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        auto section = begins_section(line);
        if (!section) {
            if (without_newline(line) == MadeMark)
                parsed.made_by_us = true;
            else
                parsed.rest += shown(line);
            continue;
        }
        // Up to its end, or to the first line that is not of its kind if somebody cut that off.
        while (!text.empty()) {
            std::string_view ahead = text;
            const std::string_view next = take_line(ahead);
            const std::string_view server = without_newline(shown(next));
            const bool ends = without_newline(next) == EndMark;
            if (!ends && !is_name_server(server))
                break;
            text = ahead;
            if (ends)
                break;
            const auto words = words_of(server);
            if (const auto address = base::Ipv4::parse(words.back()); address && words.size() == 2)
                section->servers.push_back(*address);
        }
        parsed.sections.push_back(std::move(*section));
    }
    return parsed;
}

std::string render_resolv(const ResolvText &text) {
    const bool exclusive = std::any_of(text.sections.begin(), text.sections.end(),
                                       [](const auto &section) { return section.exclusive; });
    std::string out;
    if (text.made_by_us)
        out += fmt::format("{}\n", MadeMark);
    for (const ResolvSection &section : text.sections) {
        out += fmt::format("{}{} {} {} {}\n", SectionMark, section.interface, section.owner,
                           section.netns, section.exclusive ? "exclusively" : "first");
        for (const base::Ipv4 server : section.servers)
            out += fmt::format("{}nameserver {}\n",
                               exclusive && !section.exclusive ? HiddenMark : "", server.text());
        out += fmt::format("{}\n", EndMark);
    }
    for (std::string_view rest = text.rest; !rest.empty();) {
        const std::string_view line = take_line(rest);
        if (exclusive && is_name_server(line))
            out += HiddenMark;
        out += line;
    }
    return out;
}

// -- the file

namespace {

base::Error error_of(const std::string &path, int errnum) {
    return base::system_error(path, errnum);
}

struct Content {
    bool there = false;
    std::string text;
    struct stat state {};
};

base::Result<Content> read_whole(const std::string &path) {
    Content content;
    const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file.valid() && errno == ENOENT)
        return content;
    if (!file.valid() || ::fstat(file.get(), &content.state) < 0)
        return fail(error_of(path, errno));
    if (!S_ISREG(content.state.st_mode))
        return fail(ErrorCode::Refused, path + " is not a file");
    content.there = true;
    char buffer[4096];
    for (;;) {
        const ssize_t got = ::read(file.get(), buffer, sizeof(buffer));
        if (got < 0)
            return fail(error_of(path, errno));
        if (got == 0)
            return content;
        content.text.append(buffer, static_cast<std::size_t>(got));
        if (content.text.size() > ResolvConf::MaxSize)
            return fail(ErrorCode::Refused,
                        fmt::format("{} is longer than {} octets", path, ResolvConf::MaxSize));
    }
}

// Still what was read?
bool unchanged(const std::string &path, const Content &content) {
    struct stat now {};
    if (::stat(path.c_str(), &now) < 0)
        return !content.there && errno == ENOENT;
    const struct stat &was = content.state;
    return content.there && now.st_ino == was.st_ino && now.st_dev == was.st_dev &&
           now.st_size == was.st_size && now.st_mtim.tv_sec == was.st_mtim.tv_sec &&
           now.st_mtim.tv_nsec == was.st_mtim.tv_nsec;
}

// From the beginning of the file; 0 or an errno.
int write_whole(int file, std::string_view text) {
    std::size_t done = 0;
    while (done < text.size()) {
        const ssize_t wrote =
            ::pwrite(file, text.data() + done, text.size() - done, static_cast<off_t>(done));
        if (wrote < 0)
            return errno;
        done += static_cast<std::size_t>(wrote);
    }
    if (::ftruncate(file, static_cast<off_t>(text.size())) < 0 || ::fsync(file) < 0)
        return errno;
    return 0;
}

// A new file in its place; 0 or an errno.
int replace(const std::string &path, std::string_view text, const Content &old) {
    std::string name = path + ".rtun-XXXXXX";
    const base::Fd file(::mkostemp(name.data(), O_CLOEXEC));
    if (!file.valid())
        return errno;
    int error = write_whole(file.get(), text);
    const mode_t mode = old.there ? old.state.st_mode & 07777 : 0644;
    if (error == 0 && old.there && ::fchown(file.get(), old.state.st_uid, old.state.st_gid) < 0)
        error = errno;
    if (error == 0 && ::fchmod(file.get(), mode) < 0)
        error = errno;
    if (error == 0 && ::rename(name.c_str(), path.c_str()) < 0)
        error = errno;
    if (error != 0)
        (void)::unlink(name.c_str());
    return error;
}

base::Status overwrite(const std::string &path, std::string_view text) {
    const base::Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_CREAT, 0644));
    if (!file.valid())
        return fail(error_of(path, errno));
    if (const int error = write_whole(file.get(), text); error != 0)
        return fail(error_of(path, error));
    return {};
}

base::Status write_file(const std::string &path, std::string_view text, const Content &old) {
    const int error = replace(path, text, old);
    if (error == EBUSY || error == EROFS || error == EXDEV)
        return overwrite(path, text);
    if (error != 0)
        return fail(error_of(path, error));
    return {};
}

// One rtun at a time, of all that write there. Who holds it is a moment's work, so it is not waited
// for long.
base::Result<base::Fd> lock_directory(const std::string &path) {
    const std::string directory = std::filesystem::path(path).parent_path().string();
    base::Fd lock(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!lock.valid())
        return fail(error_of(directory, errno));
    for (int tries = 0; ::flock(lock.get(), LOCK_EX | LOCK_NB) < 0; tries++) {
        if (errno != EWOULDBLOCK || tries == 50)
            return fail(error_of("lock of " + directory, errno));
        (void)::poll(nullptr, 0, 10);
    }
    return lock;
}

}  // namespace

base::Result<bool> ResolvConf::try_edit(const std::string &path, const Edit &change) {
    const Content old = TRY(read_whole(path));
    ResolvText text = parse_resolv(old.text);
    if (!old.there)
        text.made_by_us = true;
    change(text);
    const bool remove = text.made_by_us && text.sections.empty() && text.rest.empty();
    if (text.sections.empty())
        text.made_by_us = false;  // what others have written is theirs now
    const std::string now = render_resolv(text);
    if (remove ? !old.there : now == old.text)
        return true;
    if (!unchanged(path, old))
        return false;
    if (!remove)
        TRY(write_file(path, now, old));
    else if (::unlink(path.c_str()) < 0)
        TRY(overwrite(path, ""));
    return true;
}

base::Status ResolvConf::edit(const Edit &change) {
    // A link leads to the file that is meant; it stays a link.
    std::error_code error;
    const std::string path = std::filesystem::weakly_canonical(path_, error).string();
    if (error)
        return fail(error_of(path_, error.value()));
    const base::Fd lock = TRY(lock_directory(path));
    for (int tries = 0; tries < MaxTries; tries++)
        if (TRY(try_edit(path, change)))
            return {};
    return fail(ErrorCode::Refused, fmt::format("{} is changed by others all the time", path));
}

base::Status ResolvConf::put(const ResolvSection &section) {
    return edit([&](ResolvText &text) {
        std::erase_if(text.sections, [&](const auto &is) { return same_tunnel(is, section); });
        text.sections.insert(text.sections.begin(), section);
    });
}

base::Status ResolvConf::take(const ResolvSection &section) {
    return edit([&](ResolvText &text) {
        std::erase_if(text.sections, [&](const auto &is) { return same_tunnel(is, section); });
    });
}

base::Result<unsigned> ResolvConf::sweep(const Needed &needed) {
    unsigned swept = 0;
    TRY(edit([&](ResolvText &text) {
        swept = static_cast<unsigned>(
            std::erase_if(text.sections, [&](const auto &is) { return !needed(is); }));
    }));
    return swept;
}

}  // namespace rtun::daemon
