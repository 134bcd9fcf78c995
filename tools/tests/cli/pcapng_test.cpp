// SPDX-License-Identifier: GPL-2.0-or-later
//
// pcapng, read back by a reader that knows only the draft.
#include <cli/pcapng.h>

#include <gmock/gmock.h>

#include <map>
#include <vector>

namespace rtun::cli::pcapng {
namespace {

using base::Bytes;
using base::Reader;
using base::View;
using testing::ElementsAre;

struct Block {
    std::uint32_t type = 0;
    Bytes body;
};

// Whole blocks, each with equal lengths at both ends and at a multiple of four.
std::vector<Block> blocks_of(View bytes) {
    std::vector<Block> all;
    Reader in(bytes);
    while (in.left() > 0) {
        Block block;
        block.type = in.be32();
        const std::uint32_t length = in.be32();
        EXPECT_EQ(length % 4, 0U);
        EXPECT_GE(length, 12U);
        if (length < 12 || length % 4 != 0)
            return all;
        const View body = in.bytes(length - 12);
        block.body.assign(body.begin(), body.end());
        EXPECT_EQ(in.be32(), length);
        EXPECT_TRUE(in.ok());
        if (!in.ok())
            return all;
        all.push_back(std::move(block));
    }
    return all;
}

std::map<std::uint16_t, Bytes> options_of(Reader in) {
    std::map<std::uint16_t, Bytes> all;
    for (;;) {
        const std::uint16_t code = in.be16();
        const std::uint16_t length = in.be16();
        EXPECT_TRUE(in.ok()) << "the options have an end";
        if (!in.ok() || code == 0)
            break;
        const View value = in.bytes(length);
        in.skip((4 - length % 4) % 4);
        all[code] = Bytes(value.begin(), value.end());
    }
    EXPECT_TRUE(in.done());
    return all;
}

Bytes text(std::string_view value) {
    const View view = base::as_bytes(value);
    return {view.begin(), view.end()};
}

TEST(Pcapng, BeginsWithASectionAndAnInterfaceOfPpp) {
    const auto blocks = blocks_of(
        beginning("rtun 1", {.name = "office", .description = "PPP frames of session 7"}, 16386));
    ASSERT_EQ(blocks.size(), 2U);
    EXPECT_EQ(blocks[0].type, 0x0a0d0d0aU);
    Reader section(blocks[0].body);
    EXPECT_EQ(section.be32(), 0x1a2b3c4dU);
    EXPECT_EQ(section.be16(), 1);
    EXPECT_EQ(section.be16(), 0);
    EXPECT_EQ(section.be32(), 0xffffffffU);
    EXPECT_EQ(section.be32(), 0xffffffffU);
    EXPECT_EQ(options_of(section).at(4), text("rtun 1"));
    EXPECT_EQ(blocks[1].type, 1U);
    Reader interface(blocks[1].body);
    EXPECT_EQ(interface.be16(), 9) << "LINKTYPE_PPP";
    EXPECT_EQ(interface.be16(), 0);
    EXPECT_EQ(interface.be32(), 16386U);
    auto options = options_of(interface);
    EXPECT_EQ(options.at(2), text("office"));
    EXPECT_EQ(options.at(3), text("PPP frames of session 7"));
    EXPECT_EQ(options.at(9), Bytes{9}) << "nanoseconds";
}

TEST(Pcapng, AFrameHasItsTimeItsDirectionAndWhatWasLostBeforeIt) {
    const Bytes lcp{0xc0, 0x21, 1, 1, 0, 5, 7};
    const auto blocks = blocks_of(frame({.time = 0x1122334455667788,
                                         .direction = Direction::Outbound,
                                         .length = 70,
                                         .lost = 3,
                                         .data = lcp}));
    ASSERT_EQ(blocks.size(), 1U);
    EXPECT_EQ(blocks[0].type, 6U);
    Reader in(blocks[0].body);
    EXPECT_EQ(in.be32(), 0U);
    EXPECT_EQ(in.be32(), 0x11223344U);
    EXPECT_EQ(in.be32(), 0x55667788U);
    EXPECT_EQ(in.be32(), 9U) << "captured";
    EXPECT_EQ(in.be32(), 72U) << "of so many";
    const View data = in.bytes(9);
    EXPECT_THAT(Bytes(data.begin(), data.end()),
                ElementsAre(0xff, 0x03, 0xc0, 0x21, 1, 1, 0, 5, 7));
    in.skip(3);
    const auto options = options_of(in);
    EXPECT_EQ(options.at(2), (Bytes{0, 0, 0, 2}));
    EXPECT_EQ(options.at(4), (Bytes{0, 0, 0, 0, 0, 0, 0, 3}));
}

TEST(Pcapng, NothingLostIsNotTold) {
    for (std::size_t size = 2; size < 10; size++) {
        const Bytes data(size, 0x21);
        const auto blocks = blocks_of(frame({.time = 1,
                                             .direction = Direction::Inbound,
                                             .length = static_cast<std::uint32_t>(size),
                                             .lost = 0,
                                             .data = data}));
        ASSERT_EQ(blocks.size(), 1U);
        Reader in(blocks[0].body);
        in.skip(20);
        in.skip((size + 2 + 3) / 4 * 4);
        const auto options = options_of(in);
        EXPECT_EQ(options.at(2), (Bytes{0, 0, 0, 1}));
        EXPECT_FALSE(options.contains(4));
    }
}

TEST(Pcapng, NeverMoreIsCapturedThanThereWas) {
    const Bytes data(8, 0x21);
    for (const std::uint32_t length : {0U, 7U, 0xfffffffeU, 0xffffffffU}) {
        const auto blocks = blocks_of(frame({.time = 1, .length = length, .data = data}));
        ASSERT_EQ(blocks.size(), 1U);
        Reader in(blocks[0].body);
        in.skip(12);
        EXPECT_EQ(in.be32(), 10U);
        EXPECT_EQ(in.be32(), length < 8 ? 10U : 0xffffffffU);
    }
}

TEST(Pcapng, EndsWithWhatWasReceivedAndLost) {
    const auto blocks =
        blocks_of(ending({.began = 1, .ended = 0x200000003, .received = 12, .lost = 5}));
    ASSERT_EQ(blocks.size(), 1U);
    EXPECT_EQ(blocks[0].type, 5U);
    Reader in(blocks[0].body);
    EXPECT_EQ(in.be32(), 0U);
    EXPECT_EQ(in.be32(), 2U);
    EXPECT_EQ(in.be32(), 3U);
    const auto options = options_of(in);
    EXPECT_EQ(options.at(2), (Bytes{0, 0, 0, 0, 0, 0, 0, 1}));
    EXPECT_EQ(options.at(3), (Bytes{0, 0, 0, 2, 0, 0, 0, 3}));
    EXPECT_EQ(options.at(4), (Bytes{0, 0, 0, 0, 0, 0, 0, 12}));
    EXPECT_EQ(options.at(5), (Bytes{0, 0, 0, 0, 0, 0, 0, 5}));
}

}  // namespace
}  // namespace rtun::cli::pcapng
