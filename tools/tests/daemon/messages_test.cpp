// SPDX-License-Identifier: GPL-2.0-or-later
//
// docs/MESSAGES.md and the identifiers in the source are the same list.
#include <daemon/events.h>

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

namespace rtun::daemon::test {

namespace {

std::string read(const std::filesystem::path &path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

std::set<std::string> matches(const std::string &text, const std::regex &pattern) {
    std::set<std::string> found;
    for (auto at = std::sregex_iterator(text.begin(), text.end(), pattern);
         at != std::sregex_iterator(); ++at)
        found.insert((*at)[1]);
    return found;
}

}  // namespace

TEST(Messages, AreAllExplainedInTheManualAndNoOthers) {
    const std::filesystem::path root = RTUN_SOURCE;
    std::set<std::string> said;
    for (const std::string_view id : event_id::All)
        said.emplace(id);
    const std::regex call("log::(?:error|warning|info|debug)\\(\\s*\"([^\"]+)\"");
    for (const auto &entry : std::filesystem::recursive_directory_iterator(root / "tools"))
        if (entry.path().extension() == ".cpp" &&
            entry.path().string().find("/tests/") == std::string::npos)
            said.merge(matches(read(entry.path()), call));
    EXPECT_GT(said.size(), event_id::All.size());

    const std::set<std::string> explained =
        matches(read(root / "docs/MESSAGES.md"), std::regex("(?:^|\n)### `([^`]+)`"));
    EXPECT_EQ(said, explained);
}

}  // namespace rtun::daemon::test
