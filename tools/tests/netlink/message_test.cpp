// SPDX-License-Identifier: GPL-2.0-or-later
//
// Messages made and read.
#include <netlink/message.h>
#include <tests/netlink/received.h>

#include <libmnl/libmnl.h>

#include <array>

namespace rtun::netlink {
namespace {

constexpr std::array<std::uint8_t, 4> Header = {1, 2, 3, 4};

Message sample() {
    Message message(77, 0, Header);
    message.u8(1, 9).u32(2, 0x01020304).be32(3, base::Ipv4{0xc0000201}).text(4, "rtun");
    message.begin(5).u32(1, 11).begin(2).u32(3, 12).end().end().flag(6).bitfield(7, 5, 7);
    return message;
}

TEST(Message, is_read_back_as_it_was_made) {
    const Datagram datagram = received(sample());
    ASSERT_EQ(datagram.messages.size(), 1u);
    const Received &message = datagram.messages[0];
    EXPECT_EQ(message.type, 77);
    EXPECT_EQ(message.header(4)[2], 3);
    const Attributes attributes = message.attributes(4);
    EXPECT_EQ(attributes.u8(1), 9);
    EXPECT_EQ(attributes.u32(2), 0x01020304u);
    EXPECT_EQ(attributes.ipv4(3)->text(), "192.0.2.1");
    EXPECT_EQ(attributes.text(4), "rtun");
    EXPECT_EQ(attributes.nest(5).u32(1), 11u);
    EXPECT_EQ(attributes.nest(5).nest(2).u32(3), 12u);
    EXPECT_TRUE(attributes.has(6));
    EXPECT_EQ(attributes.bitfield(7), 5u);
    EXPECT_FALSE(attributes.u32(8).has_value());
    EXPECT_FALSE(attributes.nest(8).has(1));
    EXPECT_TRUE(attributes.ok());
}

TEST(Message, a_number_of_the_wrong_length_is_nothing_and_is_remembered) {
    Message message(77, 0, Header);
    message.u8(1, 9);
    const Datagram datagram = received(message);
    const Attributes attributes = datagram.messages[0].attributes(4);
    EXPECT_TRUE(attributes.ok());
    EXPECT_FALSE(attributes.u32(1).has_value());
    EXPECT_FALSE(attributes.ok());
}

TEST(Message, a_bit_that_is_not_selected_is_not_set) {
    Message message(77, 0, Header);
    message.bitfield(1, 7, 2);
    const Datagram datagram = received(message);
    EXPECT_EQ(datagram.messages[0].attributes(4).bitfield(1), 2u);
}

TEST(Message, every_cut_of_an_attribute_area_is_noticed_or_harmless) {
    const Datagram datagram = received(sample());
    const base::View area = datagram.messages[0].payload.subspan(4);
    std::size_t whole = 0;
    for (std::size_t size = 0; size <= area.size(); size++) {
        // In memory of its own, so that the address sanitizer sees a read beyond it.
        const base::Bytes cut(area.begin(), area.begin() + static_cast<std::ptrdiff_t>(size));
        const Attributes attributes{base::View(cut)};
        whole += attributes.ok() ? 1 : 0;
        for (const auto &[type, payload] : attributes.all()) {
            EXPECT_GE(payload.data(), cut.data());
            EXPECT_LE(payload.data() + payload.size(), cut.data() + cut.size());
        }
    }
    // Ends of attributes, with and without their padding; certainly not every place.
    EXPECT_LT(whole, area.size() / 2);
    EXPECT_GE(whole, 8u);
}

TEST(Message, a_length_beyond_the_datagram_makes_no_messages) {
    Datagram datagram = received(sample());
    base::Bytes bytes = datagram.bytes;
    EXPECT_TRUE(split(bytes).has_value());
    bytes.pop_back();
    EXPECT_FALSE(split(bytes).has_value());
    EXPECT_FALSE(split(base::View(bytes).first(3)).has_value());
    bytes = datagram.bytes;
    bytes[0] = 8;  // shorter than its own header
    bytes[1] = bytes[2] = bytes[3] = 0;
    EXPECT_FALSE(split(bytes).has_value());
    bytes = datagram.bytes;
    bytes[3] = 0x80;  // less than nothing to who takes it for a signed number
    EXPECT_FALSE(split(bytes).has_value());
}

TEST(Message, two_in_a_datagram_are_two) {
    base::Bytes bytes = received(sample()).bytes;
    const base::Bytes second = bytes;
    bytes.insert(bytes.end(), second.begin(), second.end());
    const auto messages = split(bytes);
    ASSERT_TRUE(messages.has_value());
    ASSERT_EQ(messages->size(), 2u);
    EXPECT_EQ((*messages)[1].attributes(4).text(4), "rtun");
}

TEST(Message, the_path_to_an_offset_names_the_attribute_there) {
    const Message message = sample();
    const base::View bytes = message.view();
    using Path = std::vector<std::uint16_t>;
    const std::size_t first = sizeof(nlmsghdr) + 4;
    EXPECT_EQ(path_to(bytes, 4, first), Path({1}));
    EXPECT_EQ(path_to(bytes, 4, first + 8), Path({2}));
    EXPECT_EQ(path_to(bytes, 4, first + 8 + 4), Path({2}));  // inside its value
    const std::size_t nest = first + 8 + 8 + 8 + 12;
    EXPECT_EQ(path_to(bytes, 4, nest), Path({5}));
    EXPECT_EQ(path_to(bytes, 4, nest + 4), Path({5, 1}));
    EXPECT_EQ(path_to(bytes, 4, nest + 4 + 8), Path({5, 2}));
    EXPECT_EQ(path_to(bytes, 4, nest + 4 + 8 + 4), Path({5, 2, 3}));
    EXPECT_EQ(path_to(bytes, 4, 0), Path());
    EXPECT_EQ(path_to(bytes, 4, bytes.size()), Path());
    EXPECT_EQ(path_to(bytes, 4, 1 << 20), Path());
}

}  // namespace
}  // namespace rtun::netlink
