// SPDX-License-Identifier: GPL-2.0-or-later
//
// Name servers in resolv.conf: the text, and the file on a disk.
#include <daemon/resolv_conf.h>

#include <gmock/gmock.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace rtun::daemon {
namespace {

using testing::HasSubstr;
using testing::Not;

base::Ipv4 ip(std::uint32_t last) { return base::Ipv4{0x0a000000U + last}; }

ResolvSection section(const std::string &interface, bool exclusive = false,
                      const std::string &owner = "rtun") {
    return {.interface = interface,
            .owner = owner,
            .netns = 7,
            .exclusive = exclusive,
            .servers = {ip(1), ip(3)}};
}

// Texts as hosts have them, also such as nobody should have.
const std::vector<std::string> originals{
    "",
    "\n",
    "nameserver 192.0.2.53",  // no newline at the end
    "# made by hand\nsearch example.org\nnameserver 192.0.2.53\nnameserver\t192.0.2.54\n\n\n",
    "nameserver 192.0.2.53\r\noptions edns0\r\n",
    "#nameserver 192.0.2.1\n# rtunnel\n; old\nnameservers are nice\nnameserver\n",
    std::string("a\0b\nnameserver 192.0.2.53\n", 26),
    " nameserver 192.0.2.53\n# rtun section of what\n",
};

class ResolvFile : public testing::Test {
protected:
    ResolvFile() { EXPECT_NE(::mkdtemp(directory_), nullptr); }
    ~ResolvFile() override { std::filesystem::remove_all(directory_); }
    [[nodiscard]] std::string path(const std::string &name = "resolv.conf") const {
        return std::string(directory_) + "/" + name;
    }
    void write(const std::string &text) const { std::ofstream(path()) << text; }
    [[nodiscard]] std::string read() const {
        std::ostringstream text;
        text << std::ifstream(path()).rdbuf();
        return text.str();
    }
    [[nodiscard]] int files() const {
        int count = 0;
        for ([[maybe_unused]] const auto &entry : std::filesystem::directory_iterator(directory_))
            count++;
        return count;
    }

    char directory_[32] = "/tmp/rtun-resolv-XXXXXX";
};

TEST(ResolvText, ComesBackToTheOctetWhateverItWas) {
    for (const std::string &original : originals)
        for (const bool exclusive : {false, true}) {
            ResolvText text = parse_resolv(original);
            EXPECT_TRUE(text.sections.empty());
            text.sections = {section("office", exclusive), section("home")};
            ResolvText again = parse_resolv(render_resolv(text));
            EXPECT_EQ(again.sections, text.sections);
            again.sections.clear();
            EXPECT_EQ(render_resolv(again), original);
        }
}

TEST(ResolvText, PutsOursFirstAndHidesOthersOnlyIfExclusive) {
    ResolvText text = parse_resolv("search example.org\nnameserver 192.0.2.53\n");
    text.sections = {section("office")};
    EXPECT_EQ(render_resolv(text), "# rtun section office rtun 7 first\n"
                                   "nameserver 10.0.0.1\nnameserver 10.0.0.3\n"
                                   "# rtun end\n"
                                   "search example.org\nnameserver 192.0.2.53\n");
    text.sections = {section("office", true), section("home")};
    EXPECT_EQ(render_resolv(text), "# rtun section office rtun 7 exclusively\n"
                                   "nameserver 10.0.0.1\nnameserver 10.0.0.3\n"
                                   "# rtun end\n"
                                   "# rtun section home rtun 7 first\n"
                                   "#rtun# nameserver 10.0.0.1\n#rtun# nameserver 10.0.0.3\n"
                                   "# rtun end\n"
                                   "search example.org\n#rtun# nameserver 192.0.2.53\n");
}

TEST(ResolvText, KeepsWhatOthersHaveWrittenAroundASectionOrCutOff) {
    const ResolvText around = parse_resolv("options timeout:1\n"
                                           "# rtun section office rtun 7 first\n"
                                           "nameserver 10.0.0.1\n"
                                           "# rtun end\n"
                                           "nameserver 192.0.2.99\n");
    EXPECT_EQ(around.rest, "options timeout:1\nnameserver 192.0.2.99\n");
    const ResolvText cut = parse_resolv("# rtun section office rtun 7 first\n"
                                        "nameserver 10.0.0.1\n"
                                        "search example.org\n");
    ASSERT_EQ(cut.sections.size(), 1U);
    EXPECT_EQ(cut.rest, "search example.org\n");
    EXPECT_EQ(parse_resolv("# rtun section office rtun 7 first").sections.size(), 1U);
    EXPECT_EQ(parse_resolv("# rtun section office rtun x first\n").rest,
              "# rtun section office rtun x first\n");
}

TEST_F(ResolvFile, IsAsItWasWhenTheLastTunnelHasGone) {
    for (const std::string &original : originals) {
        write(original);
        ASSERT_EQ(::chmod(path().c_str(), 0640), 0);
        ResolvConf file(path());
        ASSERT_TRUE(file.put(section("office")));
        ASSERT_TRUE(file.put(section("home", true, "connect-9")));
        EXPECT_THAT(read(), HasSubstr("nameserver 10.0.0.1"));
        ASSERT_TRUE(file.take(section("office")));
        EXPECT_THAT(read(), Not(HasSubstr("office")));
        ASSERT_TRUE(file.take(section("home", true, "connect-9")));
        EXPECT_EQ(read(), original);
        struct stat state {};
        ASSERT_EQ(::stat(path().c_str(), &state), 0);
        EXPECT_EQ(state.st_mode & 0777, 0640U);
        EXPECT_EQ(files(), 1);
    }
}

TEST_F(ResolvFile, IsMadeWhereThereIsNoneAndGoesAgainUnlessOthersHaveWrittenToIt) {
    ResolvConf file(path());
    ASSERT_TRUE(file.put(section("office")));
    EXPECT_THAT(read(), HasSubstr("nameserver 10.0.0.1"));
    ASSERT_TRUE(file.take(section("office")));
    EXPECT_EQ(files(), 0);

    ASSERT_TRUE(file.put(section("office")));
    std::ofstream(path(), std::ios::app) << "search example.org\n";
    ASSERT_TRUE(file.take(section("office")));
    EXPECT_EQ(read(), "search example.org\n");
}

TEST_F(ResolvFile, KeepsTheEditOfSomebodyElse) {
    write("nameserver 192.0.2.53\n");
    ResolvConf file(path());
    ASSERT_TRUE(file.put(section("office", true)));
    const std::string with = read();
    write("# mine\n" + with + "options rotate\n");
    ASSERT_TRUE(file.take(section("office", true)));
    EXPECT_EQ(read(), "# mine\nnameserver 192.0.2.53\noptions rotate\n");

    // Written anew as a whole: there is nothing of ours to take out.
    ASSERT_TRUE(file.put(section("office")));
    write("nameserver 192.0.2.77\n");
    ASSERT_TRUE(file.take(section("office")));
    EXPECT_EQ(read(), "nameserver 192.0.2.77\n");
}

TEST_F(ResolvFile, IsSweptOfWhatNobodyNeedsOnly) {
    write("nameserver 192.0.2.53\n");
    ResolvConf file(path());
    ASSERT_TRUE(file.put(section("office")));
    ASSERT_TRUE(file.put(section("home", false, "connect-9")));
    const auto swept = file.sweep([](const ResolvSection &is) { return is.owner == "connect-9"; });
    ASSERT_TRUE(swept);
    EXPECT_EQ(*swept, 1U);
    EXPECT_THAT(read(), Not(HasSubstr("office")));
    EXPECT_THAT(read(), HasSubstr("home connect-9"));
}

TEST_F(ResolvFile, IsNotTouchedWhenNothingChanges) {
    write("nameserver 192.0.2.53\n");
    struct stat before {};
    ASSERT_EQ(::stat(path().c_str(), &before), 0);
    ASSERT_TRUE(ResolvConf(path()).sweep([](const auto &) { return false; }));
    ASSERT_TRUE(ResolvConf(path()).take(section("office")));
    struct stat after {};
    ASSERT_EQ(::stat(path().c_str(), &after), 0);
    EXPECT_EQ(before.st_ino, after.st_ino);
    EXPECT_EQ(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
}

TEST_F(ResolvFile, BehindALinkIsMeantAndTheLinkStays) {
    write("nameserver 192.0.2.53\n");
    ASSERT_EQ(::symlink("resolv.conf", path("link").c_str()), 0);
    ASSERT_TRUE(ResolvConf(path("link")).put(section("office")));
    EXPECT_THAT(read(), HasSubstr("10.0.0.1"));
    EXPECT_TRUE(std::filesystem::is_symlink(path("link")));
}

TEST_F(ResolvFile, ThatIsNoneOrIsHugeIsRefusedInWords) {
    const auto directory = ResolvConf(std::string(directory_)).put(section("office"));
    ASSERT_FALSE(directory);
    EXPECT_THAT(directory.error().text, HasSubstr("is not a file"));
    write(std::string(ResolvConf::MaxSize + 1, 'x'));
    const auto huge = ResolvConf(path()).put(section("office"));
    ASSERT_FALSE(huge);
    EXPECT_THAT(huge.error().text, HasSubstr("is longer than"));
    const auto nowhere = ResolvConf(path("no/resolv.conf")).put(section("office"));
    EXPECT_FALSE(nowhere);
}

}  // namespace
}  // namespace rtun::daemon
