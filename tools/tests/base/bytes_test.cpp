// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reader, Writer and the texts made of bytes.
#include <base/bytes.h>

#include <gtest/gtest.h>

#include <array>

using namespace rtun::base;

namespace {

constexpr std::array<std::uint8_t, 8> octets{1, 2, 3, 4, 5, 6, 7, 8};

TEST(Reader, gives_numbers_in_network_order) {
    Reader in(octets);
    EXPECT_EQ(in.u8(), 0x01);
    EXPECT_EQ(in.be16(), 0x0203);
    EXPECT_EQ(in.be32(), 0x04050607U);
    EXPECT_TRUE(in.ok());
    EXPECT_FALSE(in.done());
    EXPECT_EQ(in.u8(), 8);
    EXPECT_TRUE(in.done());
}

TEST(Reader, keeps_the_high_bits_of_numbers) {
    const std::array<std::uint8_t, 6> high{0xff, 0xfe, 0x80, 0x00, 0x00, 0x01};
    Reader in(high);
    EXPECT_EQ(in.be16(), 0xfffe);
    EXPECT_EQ(in.be32(), 0x80000001U);
}

TEST(Reader, stays_failed_and_gives_zeros_after_a_read_past_the_end) {
    Reader in(octets);
    in.skip(6);
    EXPECT_EQ(in.be32(), 0U);
    EXPECT_FALSE(in.ok());
    EXPECT_EQ(in.u8(), 0);  // there are two octets, but nobody may take them now
    EXPECT_EQ(in.be16(), 0);
    EXPECT_TRUE(in.bytes(1).empty());
    EXPECT_TRUE(in.rest().empty());
    EXPECT_TRUE(in.text(1).empty());
    EXPECT_FALSE(in.sub(1).ok());
    EXPECT_FALSE(in.done());
}

TEST(Reader, is_not_done_when_failed_at_the_very_end) {
    Reader in{View{}};
    EXPECT_TRUE(in.done());
    in.skip(1);
    EXPECT_FALSE(in.done());
}

TEST(Reader, refuses_a_count_that_would_overflow) {
    Reader in(octets);
    in.u8();
    EXPECT_TRUE(in.bytes(static_cast<std::size_t>(-1)).empty());
    EXPECT_FALSE(in.ok());
}

TEST(Reader, bounds_a_sub_reader_by_its_count_and_goes_on_behind_it) {
    Reader in(octets);
    Reader inner = in.sub(3);
    EXPECT_EQ(inner.be16(), 0x0102);
    EXPECT_EQ(inner.be16(), 0);
    EXPECT_FALSE(inner.ok());
    EXPECT_TRUE(in.ok());
    EXPECT_EQ(in.u8(), 4);
}

TEST(Reader, fails_itself_and_its_sub_reader_when_the_sub_reader_is_too_long) {
    Reader in(octets);
    EXPECT_FALSE(in.sub(9).ok());
    EXPECT_FALSE(in.ok());
}

TEST(Reader, ends_a_text_at_its_first_nul_but_takes_the_whole_field) {
    const std::array<std::uint8_t, 5> field{'a', 'b', 0, 'c', 9};
    Reader in(field);
    EXPECT_EQ(in.text(4), "ab");
    EXPECT_EQ(in.u8(), 9);
}

TEST(Reader, takes_a_text_that_fills_its_field) {
    const std::array<std::uint8_t, 2> field{'a', 'b'};
    Reader in(field);
    EXPECT_EQ(in.text(2), "ab");
    EXPECT_TRUE(in.done());
}

TEST(Reader, can_be_failed_by_its_user) {
    Reader in(octets);
    in.fail();
    EXPECT_FALSE(in.ok());
    EXPECT_EQ(in.u8(), 0);
}

TEST(Writer, writes_what_a_reader_reads) {
    Writer out;
    out.u8(0x80).be16(0xfffe).be32(0x80000001).bytes(octets).zeros(2).text("hi", 3);
    Reader in(out.view());
    EXPECT_EQ(in.u8(), 0x80);
    EXPECT_EQ(in.be16(), 0xfffe);
    EXPECT_EQ(in.be32(), 0x80000001U);
    EXPECT_EQ(to_hex(in.bytes(8)), "0102030405060708");
    EXPECT_EQ(in.be16(), 0);
    EXPECT_EQ(in.text(3), "hi");
    EXPECT_TRUE(in.done());
}

TEST(Writer, cuts_a_text_that_is_longer_than_its_field) {
    Writer out;
    out.text("abcdef", 4);
    EXPECT_EQ(to_hex(out.view()), "61626364");
}

TEST(Writer, patches_a_length_known_only_later) {
    Writer out;
    out.u8(1);
    const std::size_t at = out.position();
    out.be16(0).bytes(octets);
    out.patch_be16(at, static_cast<std::uint16_t>(0x0100 + out.position()));
    out.patch_u8(0, 0xaa);
    EXPECT_EQ(to_hex(out.take()), "aa010b0102030405060708");
}

TEST(WriterDeathTest, takes_a_patch_outside_of_the_message_for_a_bug) {
    Writer out;
    out.u8(1);
    EXPECT_DEATH(out.patch_be16(0, 1), "bug: ");
    EXPECT_DEATH(out.patch_u8(1, 1), "bug: ");
}

TEST(Printable, replaces_what_is_not_printable_ascii) {
    EXPECT_EQ(printable(as_bytes("a\x1b[2Jb\xc3\xa9\x7f~"), 100), "a?[2Jb???~");
}

TEST(Printable, drops_line_ends_spaces_and_nuls_behind_the_text) {
    EXPECT_EQ(printable(as_bytes(std::string_view("ok \r\n\0", 6)), 100), "ok");
    EXPECT_EQ(printable(as_bytes("\n\n"), 100), "");
}

TEST(Printable, is_no_longer_than_its_limit) {
    EXPECT_EQ(printable(as_bytes("abcdef"), 3), "abc");
    EXPECT_EQ(printable(as_bytes("abc"), 3), "abc");
}

}  // namespace
