// SPDX-License-Identifier: GPL-2.0-or-later
//
// A password on its way from a file into the model leaves no copy in memory that was given back.
// All memory of this program is looked through when it is freed, which is cheap while nobody asks.
#include <tests/config/words.h>

#include <malloc.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <new>

namespace {

std::string_view needle;  // empty: nobody asks
int found = 0;

void give_back(void *memory) {
    if (memory != nullptr && !needle.empty() &&
        ::memmem(memory, ::malloc_usable_size(memory), needle.data(), needle.size()) != nullptr)
        found++;
    std::free(memory);
}

}  // namespace

// Cleared, so that what is found in it was written by who had it.
void *operator new(std::size_t size) {
    void *memory = std::calloc(1, size);
    if (memory == nullptr)
        std::abort();
    return memory;
}
void operator delete(void *memory) noexcept { give_back(memory); }
void operator delete(void *memory, std::size_t /*size*/) noexcept { give_back(memory); }

namespace rtun::config {
namespace {

// Longer than a string keeps in itself.
constexpr std::string_view password = "correct-horse-battery-staple";
constexpr std::string_view line =
    "client add office type pptp connect-to h user u password 'correct-horse-battery-staple'\n";
constexpr std::string_view refused =
    "client set office max-mtu 1400 password correct-horse-battery-staple\n";

// How many freed pieces of memory held the password while this was done.
template <typename What>
int left_by(What what) {
    found = 0;
    needle = password;
    what();
    needle = {};
    return found;
}

TEST(Secrets, AreNotLeftByReadingAFile) {
    EXPECT_EQ(left_by([] { EXPECT_TRUE(parse_file(line, "f")); }), 0);
    EXPECT_EQ(left_by([] { EXPECT_FALSE(parse_file(refused, "f")); }), 0);

    char path[] = "/tmp/rtun-secret-XXXXXX";
    const int fd = ::mkstemp(path);
    ASSERT_GE(fd, 0);
    // Longer than one read, so that the text has to grow.
    for (int i = 0; i < 400; i++)
        ASSERT_EQ(::write(fd, "# a comment in which there is nothing of interest\n", 50), 50);
    ASSERT_EQ(::write(fd, line.data(), line.size()), static_cast<ssize_t>(line.size()));
    for (int i = 0; i < 4000; i++)
        ASSERT_EQ(::write(fd, "# a comment in which there is nothing of interest\n", 50), 50);
    ::close(fd);
    EXPECT_EQ(left_by([&] { EXPECT_TRUE(read_file(path)); }), 0);
    ::unlink(path);
}

TEST(Secrets, AreNotCopiedToBeHidden) {
    const auto config = parse_file(line, "f");
    ASSERT_TRUE(config);
    EXPECT_EQ(left_by([&] { EXPECT_EQ(export_lines(*config, Reveal::Hide).size(), 1U); }), 0);
    EXPECT_GT(left_by([&] { EXPECT_EQ(export_lines(*config, Reveal::Show).size(), 1U); }), 0)
        << "this test finds nothing";
}

TEST(Secrets, AreNotLeftBySettingAProperty) {
    auto config = parse_file(line, "f");
    ASSERT_TRUE(config);
    EXPECT_EQ(left_by([&] {
                  const auto words = split_line(refused.substr(0, refused.size() - 1), 1, "batch");
                  ASSERT_TRUE(words);
                  const auto command = parse(*words, Secrets::Allowed, "batch");
                  ASSERT_TRUE(command);
                  std::get<ClientSet>(*command).apply(config->clients[0]);
              }),
              0);
    EXPECT_TRUE(config->clients[0].password.same_as(base::as_bytes(password)));
}

}  // namespace
}  // namespace rtun::config
