// SPDX-License-Identifier: GPL-2.0-or-later
//
// Secrets: wiped, compared, read from files that nobody else may read.
#include <base/secret.h>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ostream>

using namespace rtun::base;
using testing::HasSubstr;

namespace {

static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<std::string, Secret>);
static_assert(!fmt::is_formattable<Secret>::value);

std::string text_of(const Secret &secret) {
    return {secret.reveal().begin(), secret.reveal().end()};
}

class SecretFile : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (std::filesystem::temp_directory_path() / "rtun-secret-XXXXXX");
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        directory_ = pattern;
    }
    void TearDown() override { std::filesystem::remove_all(directory_); }

    std::string file(const std::string &content, mode_t mode = 0600) {
        const std::string path = directory_ / "password";
        std::ofstream(path, std::ios::binary) << content;
        EXPECT_EQ(::chmod(path.c_str(), mode), 0);
        return path;
    }

    std::filesystem::path directory_;
};

TEST(Secret, is_copied_moved_and_replaced_like_a_value) {
    Secret a("one");
    Secret b(a);
    EXPECT_TRUE(a.same_as(b.reveal()));
    Secret c(std::move(b));
    EXPECT_EQ(text_of(c), "one");
    c = Secret("two");
    EXPECT_EQ(text_of(c), "two");
    a = c;
    EXPECT_EQ(text_of(a), "two");
    const Secret &same = a;
    a = same;
    EXPECT_EQ(text_of(a), "two");
}

TEST(Secret, is_empty_when_moved_from) {
    Secret a("one");
    const Secret b(std::move(a));
    EXPECT_TRUE(a.empty());  // NOLINT(bugprone-use-after-move): that is the promise
    Secret c("three");
    Secret d("four");
    c = std::move(d);
    EXPECT_TRUE(d.empty());  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(text_of(c), "four");
}

TEST(Secret, equals_only_the_same_octets) {
    const Secret secret("abc");
    EXPECT_TRUE(secret.same_as(as_bytes("abc")));
    EXPECT_FALSE(secret.same_as(as_bytes("abd")));
    EXPECT_FALSE(secret.same_as(as_bytes("ab")));
    EXPECT_FALSE(secret.same_as(as_bytes("abcd")));
    EXPECT_TRUE(Secret().same_as({}));
}

TEST(Wipe, leaves_nothing_of_a_text_nor_behind_it) {
    std::string text = "a password that is longer than fifteen octets";
    text.resize(20);
    const char *const buffer = text.data();
    const std::size_t capacity = text.capacity();
    wipe(text);
    EXPECT_TRUE(text.empty());
    for (std::size_t i = 0; i < capacity; i++)
        EXPECT_EQ(buffer[i], '\0') << i;
}

TEST(Wipe, a_text_grows_and_is_consumed_from_its_front) {
    std::string text;
    std::string expected;
    for (int i = 0; i < 1000; i++) {
        append_wiping(text, "line\n");
        expected += "line\n";
    }
    EXPECT_EQ(text, expected);
    append_wiping(text, "rest");
    erase_front_wiping(text, expected.size());
    EXPECT_EQ(text, "rest");
    for (std::size_t i = text.size(); i < expected.size(); i++)
        ASSERT_EQ(text.data()[i], '\0') << i;
    erase_front_wiping(text, 99);
    EXPECT_EQ(text, "");
}

TEST(Wipe, leaves_zeros) {
    std::array<std::uint8_t, 4> octets{1, 2, 3, 4};
    wipe(octets);
    EXPECT_EQ(octets, (std::array<std::uint8_t, 4>{}));
    wipe({});
}

TEST_F(SecretFile, gives_its_first_line_without_its_end) {
    EXPECT_EQ(text_of(Secret::read_file(file("s3cret\n")).value()), "s3cret");
    EXPECT_EQ(text_of(Secret::read_file(file("s3cret")).value()), "s3cret");
    EXPECT_EQ(text_of(Secret::read_file(file("s3cret\r\nmore\n")).value()), "s3cret");
    EXPECT_EQ(text_of(Secret::read_file(file(" with spaces \n", 0400)).value()), " with spaces ");
}

TEST_F(SecretFile, is_refused_when_anybody_but_its_owner_may_use_it) {
    for (const mode_t mode : {0640U, 0604U, 0620U, 0602U, 0644U, 0666U, 0610U}) {
        const std::string path = file("s3cret\n", mode);
        const auto secret = Secret::read_file(path);
        ASSERT_FALSE(secret) << fmt::format("{:o}", mode);
        EXPECT_EQ(secret.error().code, ErrorCode::Invalid);
        EXPECT_THAT(secret.error().text, HasSubstr(path + ": "));
        EXPECT_THAT(secret.error().text, HasSubstr("chmod 600 " + path));
        EXPECT_THAT(secret.error().text, HasSubstr(fmt::format("{:04o}", mode)));
        EXPECT_THAT(secret.error().text, testing::Not(HasSubstr("s3cret")));
    }
}

TEST_F(SecretFile, is_judged_by_what_a_link_points_to) {
    const std::string link = directory_ / "link";
    ASSERT_EQ(::symlink(file("s3cret\n", 0644).c_str(), link.c_str()), 0);
    EXPECT_FALSE(Secret::read_file(link));
    file("s3cret\n", 0600);
    EXPECT_EQ(text_of(Secret::read_file(link).value()), "s3cret");
}

TEST_F(SecretFile, is_refused_when_it_is_no_file) {
    const std::string fifo = directory_ / "fifo";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    EXPECT_THAT(Secret::read_file(fifo).error().text, HasSubstr("not a regular file"));
    EXPECT_THAT(Secret::read_file(directory_).error().text, HasSubstr("not a regular file"));
    EXPECT_THAT(Secret::read_file("/dev/null").error().text, HasSubstr("not a regular file"));
}

TEST_F(SecretFile, that_is_missing_is_named) {
    const std::string path = directory_ / "none";
    const auto secret = Secret::read_file(path);
    ASSERT_FALSE(secret);
    EXPECT_EQ(secret.error().text, path + ": No such file or directory");
    EXPECT_EQ(secret.error().errnum, ENOENT);
    EXPECT_EQ(secret.error().code, ErrorCode::Invalid);
}

TEST_F(SecretFile, needs_something_in_its_first_line) {
    for (const char *content : {"", "\n", "\r\n", "\nsecond\n"})
        EXPECT_THAT(Secret::read_file(file(content)).error().text, HasSubstr("is empty"));
}

TEST_F(SecretFile, takes_a_first_line_of_4096_octets_and_no_longer) {
    const std::string longest(4096, 'x');
    EXPECT_EQ(text_of(Secret::read_file(file(longest)).value()), longest);
    EXPECT_EQ(text_of(Secret::read_file(file(longest + "\nmore")).value()), longest);
    EXPECT_THAT(Secret::read_file(file(longest + "x\n")).error().text, HasSubstr("longer than"));
}

}  // namespace
